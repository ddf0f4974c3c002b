import type { FileHandle } from 'node:fs/promises';
import { ForkwrightError } from '../../errors.ts';
import { CHUNK_BYTES, giveBackChunk, takeChunk } from './chunk-pool.ts';

/** Less than this is not worth a whole chunk. */
const SMALL_BYTES = 64 * 1024;

/**
 * Gives bytes of a file from `offset` on, in chunks of at most 1 MiB; a chunk is valid until the next one is asked for.
 * While a chunk is used the next one is read. Throws `archive.read-failed`, with `place` as the place.
 */
export async function* streamRange(
  file: FileHandle,
  offset: number,
  sizeBytes: number,
  place: string,
): AsyncGenerator<Uint8Array> {
  let spare = sizeBytes > SMALL_BYTES ? takeChunk() : Buffer.allocUnsafe(sizeBytes);
  let current = sizeBytes > CHUNK_BYTES ? takeChunk() : Buffer.alloc(0);
  const readAt = (position: number, buffer: Buffer) =>
    readFully(file, buffer, Math.min(buffer.length, sizeBytes - position), offset + position, place);
  let reading = sizeBytes > 0 ? readAt(0, spare) : null;
  try {
    for (let position = 0; reading !== null;) {
      const chunk: Buffer = await reading;
      position += chunk.length;
      [current, spare] = [spare, current];
      reading = position < sizeBytes ? readAt(position, spare) : null;
      // Awaited in the next round only, perhaps never: it must not count as unhandled meanwhile.
      reading?.catch(() => undefined);
      yield chunk;
    }
  } finally {
    await reading?.catch(() => undefined);
    for (const chunk of [spare, current]) if (chunk.length === CHUNK_BYTES) giveBackChunk(chunk);
  }
}

async function readFully(
  file: FileHandle,
  buffer: Buffer,
  length: number,
  position: number,
  place: string,
): Promise<Buffer> {
  for (let filled = 0; filled < length;) {
    let bytesRead: number;
    try {
      ({ bytesRead } = await file.read(buffer, filled, length - filled, position + filled));
    } catch (cause) {
      throw new ForkwrightError('archive.read-failed', 'cannot be read', { place, cause });
    }
    if (bytesRead === 0) {
      throw new ForkwrightError('archive.read-failed', 'the file became shorter while it was read', { place });
    }
    filled += bytesRead;
  }
  return buffer.subarray(0, length);
}
