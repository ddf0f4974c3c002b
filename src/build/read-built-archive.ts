import { stat } from 'node:fs/promises';
import { loadImageSet } from '../archive/read/load-images.ts';
import { openImageSource } from '../archive/read/open.ts';
import { ForkwrightError } from '../errors.ts';
import { listImages } from '../image/select/list-images.ts';
import { formatPlatform, type Platform } from '../platform/platform.ts';
import type { BuiltArchive } from './built-archive.ts';
import { checkTimes } from './check-times.ts';

/**
 * Looks at an archive that an engine has written for one platform, absolute path, with the time stamp `epochSeconds`; null
 * leaves the times of its files alone. Findings are about `place`. Throws `build.not-one-image` where it holds another number of images, and what
 * opening it throws.
 */
export async function readBuiltArchive(
  path: string,
  platform: Platform,
  epochSeconds: number | null,
  place: string,
): Promise<Omit<BuiltArchive, 'path'>> {
  const source = await openImageSource(path, '/');
  try {
    const { set } = await loadImageSet(source);
    const images = listImages(set);
    const [only] = images;
    if (only === undefined || images.length > 1) {
      const text = `the engine wrote ${images.length} images for ${formatPlatform(platform)} instead of one`;
      throw new ForkwrightError('build.not-one-image', text, { hint: 'the log says what it did' });
    }
    const { digest } = only.image.descriptor;
    const findings = epochSeconds === null ? [] : await checkTimes(source, only.image, epochSeconds, place);
    return { platform, digest, sizeBytes: (await stat(path)).size, findings };
  } finally {
    await source.close();
  }
}
