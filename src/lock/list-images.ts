import { listImageUses } from '../build/dockerfile-images.ts';
import { formatReference, parseReference, type ImageReference } from '../oci/reference.ts';
import { formatPlatform, type Platform } from '../platform/platform.ts';
import type { ResolvedRecipe, Target } from '../recipe/target.ts';
import { listTargetImages, type TargetImage } from '../render/image-uses.ts';
import { isReference } from '../render/pin-dockerfile.ts';
import { BUILDERS } from './builders.ts';
import { parentOfImage } from './parents.ts';

/** An image that a recipe is made from. */
export interface WantedImage {
  readonly reference: ImageReference;
  /** The recipe of the workspace that publishes it; null for an image of others. */
  readonly parent: string | null;
  /** The platforms that it has to have: those of the targets that it is part of. */
  readonly platforms: readonly Platform[];
  /** Those of machines that build, where it runs there; it need not have all of them. */
  readonly builders: readonly Platform[];
}

/** What a target is made from: its rendered Dockerfile, without digests of a lock, and that of upstream's own if it has one. */
export interface TargetTexts {
  readonly target: Target;
  readonly dockerfile: string;
  readonly upstreamDockerfile: string | null;
}

/** Lists the images of a recipe by what a lock calls them; `recipes` are all of the workspace. */
export function listImages(
  texts: readonly TargetTexts[],
  recipes: readonly ResolvedRecipe[],
): ReadonlyMap<string, WantedImage> {
  const images = new Map<string, WantedImage>();
  for (const each of texts) {
    const { platform } = each.target;
    for (const { key, reference, isOnBuilder } of listUses(each)) {
      const known = images.get(key);
      const platforms = known?.platforms ?? [];
      images.set(key, {
        reference,
        parent: parentOfImage(reference, recipes),
        platforms: isOnBuilder ? platforms : unite(platforms, [platform]),
        builders: isOnBuilder ? BUILDERS : (known?.builders ?? []),
      });
    }
  }
  return images;
}

function listUses({ target, dockerfile, upstreamDockerfile }: TargetTexts): readonly TargetImage[] {
  const own = listTargetImages(target, dockerfile);
  if (upstreamDockerfile === null || target.build.kind !== 'dockerfile') return own;
  const args = Object.fromEntries(target.build.args.map(({ name, value }) => [name, value]));
  const ofUpstream = listImageUses(upstreamDockerfile, args, []).flatMap(({ name, isOnBuilder }) => {
    if (!isReference(name)) return [];
    const reference = parseReference(name);
    return [{ reference, key: formatReference(reference), isOnBuilder }];
  });
  return [...own, ...ofUpstream];
}

/** Each platform once. */
export function unite(...lists: readonly (readonly Platform[])[]): readonly Platform[] {
  return [...new Map(lists.flat().map((platform) => [formatPlatform(platform), platform])).values()];
}
