import type { ByteSink, EndedSink } from './byte-sink.ts';
import { CHUNK_BYTES, giveBackChunk, takeChunk } from './chunk-pool.ts';

/**
 * Makes a sink that takes a copy and returns before it is written: the next chunk is made meanwhile. One write is under
 * way at most. What goes wrong is thrown by the next call; `finish` waits for the last write.
 */
export function writeBehind(sink: ByteSink): EndedSink {
  let writing: Promise<void> = Promise.resolve();
  async function put(bytes: Uint8Array): Promise<void> {
    const copy = takeChunk();
    copy.set(bytes);
    try {
      await writing;
    } catch (error) {
      giveBackChunk(copy);
      throw error;
    }
    writing = sink.append(copy.subarray(0, bytes.length)).finally(() => giveBackChunk(copy));
    // The next call tells of it.
    writing.catch(() => undefined);
  }
  return {
    async append(bytes) {
      for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
        await put(bytes.subarray(start, start + CHUNK_BYTES));
      }
    },
    finish: () => writing,
  };
}
