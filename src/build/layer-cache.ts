import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { hashBytes, keepHashedFile } from '../cache/hashed-file.ts';
import { ForkwrightError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { PORTABLE_GZIP_ID, gzipPortably } from '../archive/stream/portable-gzip.ts';

/** A compressed layer that lies in the cache. */
export interface CompressedLayer {
  readonly diffId: Digest;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

/**
 * Compresses a layer, or finds it compressed in the cache. `tar` gives the uncompressed layer, the same bytes each time;
 * where it does not, nothing is kept and `build.size-changed` is thrown. Throws what `tar` and the cache throw.
 */
export async function compressLayer(
  tar: () => AsyncIterable<Uint8Array>,
  cacheFolder: string,
  signal: AbortSignal,
): Promise<CompressedLayer> {
  const { sha256: diffId } = await hashBytes(tar(), signal);
  const folder = join(cacheFolder, 'layers', PORTABLE_GZIP_ID, diffId);
  const compress = () => gzipPortably(holdTo(tar(), diffId));
  const { sha256, sizeBytes, bytes } = await keepHashedFile(folder, compress, signal);
  return { diffId: `sha256:${diffId}`, digest: `sha256:${sha256}`, sizeBytes, bytes };
}

/** The cache would give a layer under a diff id that is not its own to every later build. */
async function* holdTo(chunks: AsyncIterable<Uint8Array>, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') === sha256) return;
  throw new ForkwrightError('build.size-changed', 'a file of the layer changed while it was read', {
    hint: 'build again when nobody writes to it',
  });
}
