import type { Digest } from '../../oci/digest.ts';
import { acceptablePlatforms } from '../../platform/acceptable.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../../platform/platform.ts';
import type { ImageSet, LoadedImage } from '../image-set.ts';
import { walkSet } from '../walk.ts';
import { listImages } from './list-images.ts';

/** Gives the images of a set that are for a platform, or else for the next older variant that it has; each digest once. */
export function imagesFor(set: ImageSet, platform: Platform): readonly LoadedImage[] {
  const images = listImages(set);
  for (const accepted of acceptablePlatforms(platform)) {
    const found = images.filter((each) => each.platform !== null && isSamePlatform(each.platform, accepted));
    if (found.length > 0) return [...new Map(found.map(({ image }) => [image.descriptor.digest, image])).values()];
  }
  return [];
}

/** Says which platforms a set has, also those that an index lists and that are not there. */
export function describePlatforms(set: ImageSet): string {
  const ofImages = new Map<Digest, Platform | null>(
    listImages(set).map(({ image, platform }) => [image.descriptor.digest, platform]),
  );
  const platforms = walkSet(set).flatMap(({ node: { kind, descriptor } }) => {
    const platform = kind === 'absent' ? descriptor.platform : (ofImages.get(descriptor.digest) ?? null);
    return platform === null || platform.os === 'unknown' ? [] : [formatPlatform(platform)];
  });
  return platforms.length === 0
    ? '`forkwright inspect` shows what it holds'
    : `it has ${[...new Set(platforms)].join(', ')}`;
}
