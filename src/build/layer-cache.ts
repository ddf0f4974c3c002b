import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../errors.ts';
import { digestParts, isDigest, type Digest } from '../oci/digest.ts';
import { PORTABLE_GZIP_ID, gzipPortably } from './portable-gzip.ts';

const READ_BYTES = 1024 * 1024;

/** A compressed layer that lies in the cache. */
export interface CachedLayer {
  readonly diffId: Digest;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

/**
 * Compresses a layer, or finds it compressed: `<cache>/layers/<compressor>/<diff id>/<digest>.gz`. `tar` gives the
 * uncompressed layer, the same bytes each time. What lies in the cache is hashed before it is used and made anew where
 * it is not what its name says.
 */
export async function compressLayer(tar: () => AsyncIterable<Uint8Array>, cacheFolder: string): Promise<CachedLayer> {
  const { digest: diffId } = await hash(tar());
  const folder = join(cacheFolder, 'layers', PORTABLE_GZIP_ID, digestParts(diffId).hex);
  return (await findLayer(folder, diffId)) ?? (await writeLayer(folder, diffId, gzipPortably(tar())));
}

async function findLayer(folder: string, diffId: Digest): Promise<CachedLayer | null> {
  for (const name of await listFolder(folder)) {
    const digest = `sha256:${name.replace(/\.gz$/, '')}`;
    if (!isDigest(digest)) continue;
    const path = join(folder, name);
    const found = await hash(createReadStream(path, { highWaterMark: READ_BYTES }));
    if (found.digest === digest) return describe(path, diffId, digest, found.sizeBytes);
    await rm(path, { force: true });
  }
  return null;
}

async function listFolder(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

async function writeLayer(folder: string, diffId: Digest, chunks: AsyncIterable<Uint8Array>): Promise<CachedLayer> {
  await mkdir(folder, { recursive: true });
  const partial = join(folder, `.${randomUUID()}.partial`);
  try {
    const digester = createHash('sha256');
    const file = await open(partial, 'wx');
    try {
      for await (const chunk of chunks) {
        digester.update(chunk);
        await file.writeFile(chunk);
      }
    } finally {
      await file.close();
    }
    const digest: Digest = `sha256:${digester.digest('hex')}`;
    const path = join(folder, `${digestParts(digest).hex}.gz`);
    await rename(partial, path);
    return describe(path, diffId, digest, (await stat(path)).size);
  } finally {
    await rm(partial, { force: true });
  }
}

function describe(path: string, diffId: Digest, digest: Digest, sizeBytes: number): CachedLayer {
  return { diffId, digest, sizeBytes, bytes: () => createReadStream(path, { highWaterMark: READ_BYTES }) };
}

async function hash(chunks: AsyncIterable<Uint8Array>): Promise<{ digest: Digest; sizeBytes: number }> {
  const digester = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    digester.update(chunk);
    sizeBytes += chunk.length;
  }
  return { digest: `sha256:${digester.digest('hex')}`, sizeBytes };
}
