import { createHandOver } from './hand-over.ts';
import type { Compressor } from './compress.ts';
import type { FileSink } from './file-sink.ts';
import { CHUNK_BYTES } from './chunk-pool.ts';

/** Takes bytes from front to back; they may be changed again when the promise is kept. */
export type ByteSink = Pick<FileSink, 'append'>;

/** A sink that has to be told where the bytes end. */
export interface EndedSink extends ByteSink {
  finish(): Promise<void>;
}

/** Makes a sink of a function that writes: small pieces are gathered to 1 MiB. */
export function gatherInto(write: (bytes: Uint8Array) => Promise<void>): EndedSink {
  const gathered = Buffer.allocUnsafe(CHUNK_BYTES);
  let filled = 0;
  async function flush(): Promise<void> {
    if (filled > 0) await write(gathered.subarray(0, filled));
    filled = 0;
  }
  return {
    async append(bytes) {
      if (filled + bytes.length > CHUNK_BYTES) await flush();
      if (bytes.length >= CHUNK_BYTES) return write(bytes);
      gathered.set(bytes, filled);
      filled += bytes.length;
    },
    finish: flush,
  };
}

/** Makes a sink whose bytes arrive at another one compressed. Throws what compressing and the other sink throw. */
export function compressInto(sink: ByteSink, compress: Compressor): EndedSink & { abort(): Promise<void> } {
  const handOver = createHandOver();
  const gathering = gatherInto((bytes) => handOver.put(bytes));
  const work = (async () => {
    for await (const chunk of compress(handOver.chunks)) await sink.append(chunk);
  })().catch((error: unknown) => {
    handOver.fail(error);
    throw error;
  });
  // Whoever appends next, or finishes, is told.
  work.catch(() => undefined);
  return {
    append: (bytes) => gathering.append(bytes),
    async finish() {
      await gathering.finish();
      handOver.end();
      await work;
    },
    async abort() {
      handOver.end();
      await work.catch(() => undefined);
    },
  };
}
