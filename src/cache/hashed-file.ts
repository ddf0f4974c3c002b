import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ForkwrightError, isSystemError } from '../errors.ts';

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
 * throws, and `cache.write-failed`.
 */
export async function keepHashedFile(folder: string, make: () => AsyncIterable<Uint8Array>): Promise<HashedFile> {
  return (await findFile(folder)) ?? (await writeFile(folder, make()));
}

async function findFile(folder: string): Promise<HashedFile | null> {
  for (const name of await listNames(folder)) {
    const path = join(folder, name);
    const found = await hashBytes(createReadStream(path, { highWaterMark: READ_BYTES }));
    if (found.sha256 === name) return { ...found, bytes: () => createReadStream(path, { highWaterMark: READ_BYTES }) };
    await rm(path, { force: true });
  }
  return null;
}

async function listNames(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => NAME.test(name)).sort();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

async function writeFile(folder: string, chunks: AsyncIterable<Uint8Array>): Promise<HashedFile> {
  const partial = join(folder, `.${randomUUID()}.partial`);
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(partial, 'wx');
    let written: { sha256: string; sizeBytes: number };
    try {
      written = await hashBytes(chunks, (chunk) => file.writeFile(chunk));
    } finally {
      await file.close();
    }
    const path = join(folder, written.sha256);
    await rename(partial, path);
    return { ...written, bytes: () => createReadStream(path, { highWaterMark: READ_BYTES }) };
  } catch (error) {
    if (!isSystemError(error, 'ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EPERM')) throw error;
    throw new ForkwrightError('cache.write-failed', 'a file cannot be kept in the cache', {
      place: folder,
      hint: 'free some space, or set FORKWRIGHT_CACHE to another folder',
      cause: error,
    });
  } finally {
    await rm(partial, { force: true });
  }
}

/** Hashes and counts a stream, handing each chunk on. */
export async function hashBytes(
  chunks: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Uint8Array) => Promise<void> = async () => undefined,
): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    sizeBytes += chunk.length;
    await onChunk(chunk);
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}
