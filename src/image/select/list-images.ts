import type { Digest } from '../../oci/digest.ts';
import type { Platform } from '../../platform/platform.ts';
import { imageKind } from '../image-kind.ts';
import { judgePlatform } from '../image-platform.ts';
import type { ImageSet, LoadedImage } from '../image-set.ts';
import { walkSet } from '../walk.ts';

/**
 * Gives the images of a set, without attestations and artifacts, each digest once, in the order of the walk. Where config
 * and index disagree, the platform is the config's: that is what runs.
 */
export function listImages(
  set: ImageSet,
): readonly { readonly image: LoadedImage; readonly platform: Platform | null }[] {
  const images = new Map<Digest, LoadedImage>();
  for (const { node } of walkSet(set)) {
    const { digest } = node.descriptor;
    if (node.kind === 'image' && imageKind(node) === 'image' && !images.has(digest)) images.set(digest, node);
  }
  return [...images.values()].map((image) => {
    const judgement = judgePlatform(image);
    return { image, platform: judgement.agrees ? judgement.platform : judgement.config };
  });
}
