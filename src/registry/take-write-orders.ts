import { createHash, type Hash } from 'node:crypto';
import { writeSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import type { WriteAnswer, WriteOrder } from './write-messages.ts';

/** Longer writes are slower: the kernel looks for large pages for them. */
const WRITE_BYTES = 64 * 1024;

interface OpenBlob {
  readonly fd: number;
  readonly start: number;
  readonly hash: Hash;
  writtenBytes: number;
  hasFailed: boolean;
}

/**
 * Hashes and writes what comes over a port, blob by blob, and tells how far it is. What fails is told once; what comes for
 * the blob afterwards is dropped.
 */
export function takeWriteOrders(port: MessagePort): void {
  const blobs = new Map<number, OpenBlob>();
  let blocks: readonly Uint8Array[] = [];
  const answer = (message: WriteAnswer) => port.postMessage(message);
  port.on('message', (order: WriteOrder) => {
    if (order.kind === 'memory') {
      blocks = order.blocks;
      return;
    }
    const { id } = order;
    if (order.kind === 'open') {
      const { fd, position, algorithm } = order;
      blobs.set(id, { fd, start: position, hash: createHash(algorithm), writtenBytes: 0, hasFailed: false });
      return;
    }
    const blob = blobs.get(id);
    if (blob === undefined) throw new Error(`the blob ${id} is not open`);
    if (order.kind === 'finish') {
      blobs.delete(id);
      if (!blob.hasFailed) answer({ kind: 'finished', id, hex: blob.hash.digest('hex') });
      return;
    }
    try {
      if (!blob.hasFailed) write(blob, blocks[order.block]?.subarray(0, order.sizeBytes) ?? new Uint8Array());
    } catch (error) {
      blob.hasFailed = true;
      const message = error instanceof Error ? error.message : String(error);
      answer({ kind: 'failed', id, message, properties: Object.assign({}, error) });
    }
    answer({ kind: 'written', id, block: order.block, sizeBytes: blob.writtenBytes });
  });
}

function write(blob: OpenBlob, bytes: Uint8Array): void {
  blob.hash.update(bytes);
  for (let written = 0; written < bytes.length;) {
    const length = Math.min(WRITE_BYTES, bytes.length - written);
    const count = writeSync(blob.fd, bytes, written, length, blob.start + blob.writtenBytes);
    written += count;
    blob.writtenBytes += count;
  }
}
