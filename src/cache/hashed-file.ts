import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../errors.ts';
import { asCacheError } from './cache-error.ts';

const READ_BYTES = 1024 * 1024;
const NAME = /^[0-9a-f]{64}$/;

/** A file in the cache, whose bytes were hashed just now. */
export interface HashedFile {
  /** 64 hex digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Gives the bytes, anew at each call. */
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

/**
 * Gives the one file that a cache folder holds, or makes it: `folder` stands for what decides the bytes, and the file in it
 * is named after their hash. A file that is not what its name says is made anew; it appears by rename. Throws what `make`
 * throws, the signal's reason, and `cache.write-failed`.
 */
export async function keepHashedFile(
  folder: string,
  make: () => AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<HashedFile> {
  try {
    return (await findFile(folder, signal)) ?? (await writeFile(folder, make, signal));
  } catch (error) {
    throw error instanceof MakeError ? error.cause : asCacheError(error, folder);
  }
}

/** Keeps an error of what is made apart from those of the cache. */
class MakeError extends Error {}

async function findFile(folder: string, signal: AbortSignal): Promise<HashedFile | null> {
  for (const name of await listNames(folder)) {
    const path = join(folder, name);
    const found = await hashBytes(readBytes(path), signal);
    if (found.sha256 === name) return { ...found, bytes: () => readBytes(path) };
    await rm(path, { force: true });
  }
  return null;
}

function readBytes(path: string): AsyncIterable<Uint8Array> {
  return createReadStream(path, { highWaterMark: READ_BYTES });
}

async function listNames(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => NAME.test(name)).toSorted();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

async function writeFile(
  folder: string,
  make: () => AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<HashedFile> {
  const partial = join(folder, `.${randomUUID()}.partial`);
  await mkdir(folder, { recursive: true });
  try {
    const file = await open(partial, 'wx');
    let written: { readonly sha256: string; readonly sizeBytes: number };
    try {
      written = await hashBytes(markErrors(make), signal, (chunk) => file.writeFile(chunk));
    } finally {
      await file.close();
    }
    const path = join(folder, written.sha256);
    await rename(partial, path);
    return { ...written, bytes: () => readBytes(path) };
  } finally {
    await rm(partial, { force: true });
  }
}

async function* markErrors(make: () => AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* make();
  } catch (cause) {
    throw new MakeError('not made', { cause });
  }
}

/** Hashes and counts a stream, handing each chunk on. Throws what the stream and `onChunk` throw, and the signal's reason. */
export async function hashBytes(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  onChunk: (chunk: Uint8Array) => Promise<void> = async () => undefined,
): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    hash.update(chunk);
    sizeBytes += chunk.length;
    await onChunk(chunk);
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}
