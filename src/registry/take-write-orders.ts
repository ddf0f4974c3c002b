import { createHash, type Hash } from 'node:crypto';
import { writeSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import { freeChunk } from '../archive/free-chunk.ts';
import type { WriteAnswer, WriteOrder } from './write-messages.ts';

/** Larger writes are slower: the kernel looks for large pages for them. */
const WRITE_BYTES = 64 * 1024;
const TELL_BYTES = 1024 * 1024;

interface OpenBlob {
  readonly fd: number;
  readonly start: number;
  readonly hash: Hash;
  readonly gathered: Buffer;
  gatheredBytes: number;
  writtenBytes: number;
  toldBytes: number;
  hasFailed: boolean;
}

/**
 * Hashes and writes what comes over a port, blob by blob, and tells how far it is. What fails is told once; what comes for
 * the blob afterwards is dropped.
 */
export function takeWriteOrders(port: MessagePort): void {
  const blobs = new Map<number, OpenBlob>();
  const answer = (message: WriteAnswer) => port.postMessage(message);
  port.on('message', (order: WriteOrder) => {
    if (order.kind === 'open') {
      const { fd, position, algorithm } = order;
      const [hash, gathered] = [createHash(algorithm), Buffer.allocUnsafe(WRITE_BYTES)];
      const counts = { gatheredBytes: 0, writtenBytes: 0, toldBytes: 0, hasFailed: false };
      blobs.set(order.id, { fd, start: position, hash, gathered, ...counts });
      return;
    }
    const blob = blobs.get(order.id);
    if (blob === undefined || blob.hasFailed) return;
    try {
      if (order.kind === 'bytes') take(blob, order.bytes);
      else flush(blob);
    } catch (error) {
      blob.hasFailed = true;
      const message = error instanceof Error ? error.message : String(error);
      answer({ kind: 'failed', id: order.id, message, properties: Object.assign({}, error) });
      return;
    }
    if (order.kind === 'finish') {
      blobs.delete(order.id);
      answer({ kind: 'finished', id: order.id, hex: blob.hash.digest('hex') });
    } else if (blob.writtenBytes - blob.toldBytes >= TELL_BYTES) {
      blob.toldBytes = blob.writtenBytes;
      answer({ kind: 'written', id: order.id, sizeBytes: blob.writtenBytes });
    }
  });
}

function take(blob: OpenBlob, bytes: Uint8Array): void {
  blob.hash.update(bytes);
  const isSmall = bytes.length < WRITE_BYTES / 2;
  if (!isSmall || blob.gatheredBytes + bytes.length > WRITE_BYTES) flush(blob);
  if (!isSmall) write(blob, bytes);
  else {
    blob.gathered.set(bytes, blob.gatheredBytes);
    blob.gatheredBytes += bytes.length;
  }
  freeChunk(bytes);
}

function flush(blob: OpenBlob): void {
  write(blob, blob.gathered.subarray(0, blob.gatheredBytes));
  blob.gatheredBytes = 0;
}

function write(blob: OpenBlob, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    const count = writeSync(blob.fd, bytes, written, bytes.length - written, blob.start + blob.writtenBytes);
    written += count;
    blob.writtenBytes += count;
  }
}
