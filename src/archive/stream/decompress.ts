import { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { ForkwrightError } from '../../errors.ts';
import { DEFAULT_LIMITS, type ReadLimits } from '../../limits.ts';
import { sniffCompression, type SniffedCompression } from './sniff-compression.ts';
import { CHUNK_BYTES } from './chunk-pool.ts';
import { freeChunk } from './free-chunk.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

type Limits = Pick<ReadLimits, 'freeBytes' | 'ratio'>;

/** A stream whose compression is known. */
export interface CompressedStream {
  readonly compression: Compression;
  /** Gives the unpacked bytes; throws what `decompress` throws. */
  readonly unpack: () => AsyncIterable<Uint8Array>;
}

/**
 * Finds out by the first bytes of a stream how it is compressed: media types and names lie. Its first chunk must hold
 * ten bytes where the stream has them. What is xz or bzip2 is called not compressed, and refused when it is unpacked: no
 * media type of layers has them.
 */
export async function openCompressed(
  chunks: AsyncIterable<Uint8Array>,
  place: string,
  limits: Limits = DEFAULT_LIMITS,
): Promise<CompressedStream> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      for (let next = first; next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  const sniffed = first.done === true ? 'none' : sniffCompression(first.value);
  const compression = sniffed === 'gzip' || sniffed === 'zstd' ? sniffed : 'none';
  return { compression, unpack: () => decompress(all(), sniffed, place, limits) };
}

/**
 * Unpacks a stream whose chunks are valid until the next one is asked for; so are those that it gives. Throws
 * `layer.corrupt` for what is not the compression it should be, `layer.bomb` beyond the limits, `layer.compression` for
 * xz and bzip2, `layer.unsupported` for zstd where Node has none, and whatever the stream throws.
 */
async function* decompress(
  chunks: AsyncIterable<Uint8Array>,
  compression: SniffedCompression,
  place: string,
  limits: Limits,
): AsyncGenerator<Uint8Array> {
  if (compression === 'none') {
    yield* chunks;
    return;
  }
  if (compression === 'xz' || compression === 'bzip2') {
    throw new ForkwrightError('layer.compression', `it is compressed with ${compression}, which no layer may be`, {
      place,
      hint: 'layers are gzip, zstd or not compressed',
    });
  }
  const unpacker = createUnpacker(compression, place);
  const feed = startFeed(chunks, unpacker);
  let unpackedBytes = 0;
  try {
    for await (const chunk of unpacker) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('a decompressor gave something else than bytes');
      unpackedBytes += chunk.length;
      if (unpackedBytes > limits.freeBytes && unpackedBytes > usedBytes(unpacker) * limits.ratio) {
        const text = `${usedBytes(unpacker)} bytes unpack to more than ${unpackedBytes}`;
        throw new ForkwrightError('layer.bomb', text, { place });
      }
      yield chunk;
      freeChunk(chunk);
    }
  } catch (cause) {
    if (cause instanceof ForkwrightError || feed.hasFailed()) throw cause;
    throw new ForkwrightError('layer.corrupt', `not sound ${compression}`, { place, cause });
  } finally {
    unpacker.destroy();
    await feed.ended;
  }
  // zlib passes over zeros behind the end, Go refuses them.
  if (usedBytes(unpacker) !== feed.fedBytes()) {
    throw new ForkwrightError('layer.corrupt', `data behind the end of the ${compression} stream`, { place });
  }
}

/** Hands chunks to a decompressor one by one: only when one is used up may the next be asked for. */
function startFeed(chunks: AsyncIterable<Uint8Array>, unpacker: Transform) {
  let fedBytes = 0;
  let hasFailed = false;
  // zlib does not call back for the chunk in which it finds an error.
  let release: (() => void) | null = null;
  unpacker.once('close', () => release?.());
  const write = (chunk: Uint8Array) =>
    new Promise<void>((resolve) => {
      release = resolve;
      if (unpacker.destroyed) resolve();
      else unpacker.write(chunk, () => resolve());
    });
  async function feed(): Promise<void> {
    try {
      for await (const chunk of chunks) {
        fedBytes += chunk.length;
        await write(chunk);
        if (unpacker.destroyed) return;
      }
      unpacker.end();
    } catch (error) {
      hasFailed = true;
      unpacker.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }
  return { ended: feed(), fedBytes: () => fedBytes, hasFailed: () => hasFailed };
}

function createUnpacker(compression: 'gzip' | 'zstd', place: string): Transform {
  const unpacker = compression === 'gzip' ? zlib.createGunzip({ chunkSize: CHUNK_BYTES }) : createZstd();
  if (unpacker === null) {
    throw new ForkwrightError('layer.unsupported', `Node ${process.versions.node} cannot unpack zstd`, {
      place,
      hint: 'Node 22.15 and later can',
    });
  }
  // The loop over the output sees every error; one that comes behind its end is of no interest.
  unpacker.on('error', () => undefined);
  return unpacker;
}

/** Whether this Node has zstd: 22.15 and later do. */
export function canUnpackZstd(): boolean {
  return 'createZstdDecompress' in zlib;
}

/** How much of its input a decompressor has used up. */
function usedBytes(unpacker: Transform): number {
  return 'bytesWritten' in unpacker ? Number(unpacker.bytesWritten) : 0;
}

/** Null before Node 22.15, whose types are not the ones that this is compiled with. */
function createZstd(): Transform | null {
  const create = 'createZstdDecompress' in zlib ? zlib.createZstdDecompress : undefined;
  const made: unknown = typeof create === 'function' ? create({ chunkSize: CHUNK_BYTES }) : null;
  return made instanceof Transform ? made : null;
}
