import { formatReference, type ImageReference } from '../oci/reference.ts';
import { compareText, comparePlatforms } from '../platform/order.ts';
import { isSamePlatform, type Platform } from '../platform/platform.ts';
import type { Base, FileSource, ImagePin, ResolvedRecipe, Target, Upstream } from '../recipe/target.ts';
import type { Pinned, PinnedImage } from './state.ts';

/** An image, and the platform that it is used for; null where that is the builder's, which is not known here. */
interface Use {
  readonly reference: ImageReference;
  readonly platform: Platform | null;
  /** Null where the lock does not have it. */
  readonly pin: ImagePin | null;
}

/**
 * Gives what a recipe pins, by its lock or by itself: commits, and digests of images, in names too
 * (`alpine:3.20@sha256:…`, which win). Images are its bases, those that compile, and those that files are taken out of;
 * archives cannot move, and neither can images of other recipes, which are what those recipes' locks say. In the order of
 * the names.
 */
export function pinsOfRecipe({ name, file, targets, lock }: ResolvedRecipe): Pinned {
  const upstreams = new Map<string, Upstream>();
  for (const { upstream } of targets) if (upstream !== null) upstreams.set(JSON.stringify(upstream), upstream);
  const uses = new Map<string, Use[]>();
  for (const use of targets.flatMap(listUses)) {
    const key = formatReference(use.reference);
    if (lock?.images.get(key)?.kind === 'recipe') continue;
    uses.set(key, [...(uses.get(key) ?? []), use]);
  }
  return {
    recipe: name,
    place: file,
    upstreams: [...upstreams.values()],
    images: [...uses.keys()].toSorted(compareText).flatMap((key) => toPin(uses.get(key) ?? [])),
  };
}

function toPin(uses: readonly Use[]): readonly PinnedImage[] {
  const [first] = uses;
  if (first === undefined) return [];
  const { reference } = first;
  const platforms: { readonly platform: Platform; readonly digest: PinnedImage['digest'] }[] = [];
  for (const { platform, pin } of uses) {
    if (platform === null || platforms.some((other) => isSamePlatform(other.platform, platform))) continue;
    // Where a lock has no digest for the platform it gives the index's.
    const own = reference.digest !== null || pin === null || pin.onTarget === pin.onBuilder ? null : pin.onTarget;
    platforms.push({ platform, digest: own });
  }
  // Of an image that also runs on the builder, any platform may be the one that is used.
  const isKnown = uses.every(({ platform }) => platform !== null);
  const digest = reference.digest ?? first.pin?.onBuilder ?? null;
  return [
    {
      reference,
      digest,
      platforms: isKnown ? platforms.toSorted((a, b) => comparePlatforms(a.platform, b.platform)) : [],
    },
  ];
}

function listUses({ platform, build, image, pins }: Target): readonly Use[] {
  const program = build.kind === 'prebuilt' ? [build.program.source] : [];
  const sources: readonly FileSource[] = [...program, ...image.files.map(({ source }) => source)];
  const bases: readonly Base[] = [
    image.base,
    ...sources.flatMap((source) => (source.type === 'image' ? [source.image] : [])),
  ];
  const use = (reference: ImageReference, where: Platform | null): Use => {
    return { reference, platform: where, pin: pins.images.get(formatReference(reference)) ?? null };
  };
  const compilers =
    build.kind === 'go' || build.kind === 'make'
      ? [use(build.image, build.toolchain.isOnTarget ? platform : null)]
      : [];
  return [...bases.flatMap((base) => (base.type === 'image' ? [use(base.reference, platform)] : [])), ...compilers];
}
