import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { CHUNK_BYTES } from './chunk-pool.ts';

/** What an archive can be wrapped in. */
export type OuterCompression = 'none' | 'gzip' | 'zstd' | 'xz';

/** Compresses a stream in this process. Chunks that go in are valid until the next is asked for; so are those that come out. */
export type Compressor = (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** A program that compresses its input to its output. */
export type CompressProgram = readonly [string, ...string[]];

/** How something is compressed: in this process, or by a program that is handed files. */
export type CompressMethod =
  | { readonly by: 'process'; readonly compress: Compressor }
  | { readonly by: 'program'; readonly argv: CompressProgram };

/** Level of zstd where time counts, as its program has it without an option. */
export const ZSTD_QUICK = 3;
/** Level of zstd where size counts. */
export const ZSTD_SMALL = 19;

/**
 * Says how to compress. Everything that decides the bytes is pinned: gzip is the same on every machine; zstd and xz are the
 * same for the same version of their library. Threads would change the bytes, so there are none.
 */
export function compressMethod(compression: 'gzip' | 'zstd' | 'xz', zstdLevel: number): CompressMethod {
  switch (compression) {
    case 'gzip':
      return { by: 'process', compress: gzip };
    case 'xz':
      return { by: 'program', argv: ['xz', '--compress', '--stdout', '-6', '--check=crc64', '--threads=1'] };
    case 'zstd': {
      const compress = zstdInProcess(zstdLevel);
      if (compress !== null) return { by: 'process', compress };
      return {
        by: 'program',
        argv: ['zstd', '--compress', '--stdout', '--quiet', '--no-check', '--single-thread', `-${zstdLevel}`],
      };
    }
  }
}

/** Null before Node 22.15, whose types are not the ones that this is compiled with. */
function zstdInProcess(level: number): Compressor | null {
  const create: unknown = 'createZstdCompress' in zlib ? zlib.createZstdCompress : undefined;
  const levelKey: unknown = Object.entries(zlib.constants).find(([key]) => key === 'ZSTD_c_compressionLevel')?.[1];
  if (typeof create !== 'function' || typeof levelKey !== 'number') return null;
  return (chunks) => {
    const made: unknown = create({ chunkSize: CHUNK_BYTES, params: { [levelKey]: level } });
    if (!(made instanceof Transform)) throw new TypeError('createZstdCompress made no stream');
    return through(chunks, made);
  };
}

async function* through(chunks: AsyncIterable<Uint8Array>, transform: Transform): AsyncGenerator<Uint8Array> {
  async function* copies(): AsyncGenerator<Uint8Array> {
    // A stream keeps chunks for later, when they are not valid any more.
    for await (const chunk of chunks) yield Buffer.from(chunk);
  }
  const feeding = pipeline(copies, transform);
  // The loop below sees the error as well.
  feeding.catch(() => undefined);
  for await (const chunk of transform) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a compressor gave something else than bytes');
    yield chunk;
  }
  await feeding;
}

/** The library is loaded only where something is compressed with it. */
async function* gzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { gzipPortably } = await import('./portable-gzip.ts');
  yield* gzipPortably(chunks);
}
