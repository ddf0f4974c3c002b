import { ForkwrightError } from '../../errors.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../../platform/platform.ts';
import { shortDigest } from '../blob-uses.ts';
import type { ImageSet, LoadedImage } from '../image-set.ts';
import { listImages } from './list-images.ts';

/**
 * Gives the one image of a set that is meant: the one for the platform, else the only one. Throws `image.not-found` where
 * there is none, and `image.several` where a platform has to be named; both list what there is.
 */
export function chooseImage(set: ImageSet, wanted: Platform | null): LoadedImage {
  const images = listImages(set);
  const found =
    wanted === null ? images : images.filter(({ platform }) => platform !== null && isWanted(platform, wanted));
  const [first, second] = found;
  const all = images.map(({ image, platform }) =>
    platform === null ? shortDigest(image.descriptor.digest) : formatPlatform(platform),
  );
  const hint = all.length === 0 ? '`forkwright inspect` shows what it holds' : `it has ${all.join(', ')}`;
  if (first === undefined) {
    const text = wanted === null ? 'it holds no image' : `it holds no image for ${formatPlatform(wanted)}`;
    throw new ForkwrightError('image.not-found', text, { place: set.source, hint });
  }
  if (second === undefined) return first.image;
  throw new ForkwrightError('image.several', `it holds ${found.length} images; name the platform of one`, {
    place: set.source,
    hint: `--platform; ${hint}`,
  });
}

/** Whether a platform is the one that is wanted; without an os.version that one stands for all versions. */
export function isWanted(platform: Platform, wanted: Platform): boolean {
  if (isSamePlatform(platform, wanted)) return true;
  return wanted.osVersion === '' && isSamePlatform({ ...platform, osVersion: '', osFeatures: [] }, wanted);
}
