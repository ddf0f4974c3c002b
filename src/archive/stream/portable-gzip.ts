import { EventEmitter, once } from 'node:events';
import { PassThrough } from 'node:stream';
import { AsyncGzip } from 'fflate';

// What the compressed bytes depend on besides fflate's version; see docs/decisions/0001-portable-gzip.md.
const LEVEL = 6;
const CHUNK_BYTES = 64 * 1024;
// How far the reader may run ahead of the worker that compresses.
const QUEUE_BYTES = 1024 * 1024;

/** Names everything that decides the bytes of `gzipPortably`, for keys of caches. */
export const PORTABLE_GZIP_ID = `fflate-${LEVEL}-${CHUNK_BYTES}`;

/**
 * Compresses a stream to gzip in a worker thread, with the same bytes on every machine and every Node. The way the input
 * is cut into chunks does not matter. Specification: RFC 1952, without name and time stamp.
 */
export async function* gzipPortably(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const output = new PassThrough({ highWaterMark: QUEUE_BYTES });
  const queue = new EventEmitter();
  const gzip = new AsyncGzip({ level: LEVEL, mtime: 0 }, (error, data, isFinal) => {
    if (error) output.destroy(error);
    else if (isFinal) output.end(data);
    else output.write(data);
  });
  gzip.ondrain = () => queue.emit('drain');
  let isStopped = false;
  const feeding = (async () => {
    for await (const chunk of rechunk(chunks)) {
      if (isStopped) return;
      gzip.push(chunk, false);
      if (gzip.queuedSize > QUEUE_BYTES) await once(queue, 'drain');
    }
    if (!isStopped) gzip.push(new Uint8Array(0), true);
  })().catch((error: unknown) => output.destroy(error instanceof Error ? error : new Error(String(error))));
  try {
    for await (const chunk of output) yield chunk;
    await feeding;
  } finally {
    gzip.terminate();
    // Who waits for the worker would wait for ever, with the input open.
    isStopped = true;
    queue.emit('drain');
  }
}

/** Cuts a stream into chunks of exactly CHUNK_BYTES, the last one may be shorter; every chunk is a copy of its own. */
async function* rechunk(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pending = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length;) {
      const taken = Math.min(chunk.length - start, CHUNK_BYTES - filled);
      pending.set(chunk.subarray(start, start + taken), filled);
      filled += taken;
      start += taken;
      if (filled < CHUNK_BYTES) continue;
      yield pending;
      pending = new Uint8Array(CHUNK_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield pending.subarray(0, filled);
}
