import { stat } from 'node:fs/promises';
import { loadImageSet } from '../archive/load-images.ts';
import { openImageSource } from '../archive/open.ts';
import { ForkwrightError } from '../errors.ts';
import { listImages } from '../image/list-images.ts';
import { formatPlatform, type Platform } from '../platform/platform.ts';
import type { BuiltArchive } from './built-archive.ts';

/**
 * Looks at an archive that an engine has written for one platform, absolute path. Throws `build.not-one-image` where it
 * holds another number of images, and what opening it throws.
 */
export async function readBuiltArchive(path: string, platform: Platform): Promise<Omit<BuiltArchive, 'path'>> {
  const source = await openImageSource(path, '/');
  try {
    const { set } = await loadImageSet(source);
    const digests = new Set(listImages(set).map(({ image }) => image.descriptor.digest));
    const [digest] = digests;
    if (digest === undefined || digests.size > 1) {
      const text = `the engine wrote ${digests.size} images for ${formatPlatform(platform)} instead of one`;
      throw new ForkwrightError('build.not-one-image', text, { hint: 'the log says what it did' });
    }
    return { platform, digest, sizeBytes: (await stat(path)).size };
  } finally {
    await source.close();
  }
}
