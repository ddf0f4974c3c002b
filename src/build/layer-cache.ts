import { join } from 'node:path';
import { hashBytes, keepHashedFile } from '../cache/hashed-file.ts';
import type { Digest } from '../oci/digest.ts';
import { PORTABLE_GZIP_ID, gzipPortably } from './portable-gzip.ts';

/** A compressed layer that lies in the cache. */
export interface CompressedLayer {
  readonly diffId: Digest;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

/**
 * Compresses a layer, or finds it compressed in the cache. `tar` gives the uncompressed layer, the same bytes each time.
 * Throws what `tar` and the cache throw.
 */
export async function compressLayer(
  tar: () => AsyncIterable<Uint8Array>,
  cacheFolder: string,
): Promise<CompressedLayer> {
  const { sha256: diffId } = await hashBytes(tar());
  const folder = join(cacheFolder, 'layers', PORTABLE_GZIP_ID, diffId);
  const { sha256, sizeBytes, bytes } = await keepHashedFile(folder, () => gzipPortably(tar()));
  return { diffId: `sha256:${diffId}`, digest: `sha256:${sha256}`, sizeBytes, bytes };
}
