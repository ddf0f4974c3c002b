import type { RecipeLock } from '../lock/lock.ts';
import { compareText } from '../platform/order.ts';
import type { PatchVerdict } from '../source/patch-verdict.ts';
import type { ImageState, UpstreamState } from '../upstream/state.ts';
import type { News } from './news.ts';
import type { Rebuild } from './rebuilds.ts';
import type { PassedOver } from './settle-lock.ts';

/** What a merge request changes, and why: what its text is made of. */
export interface Change {
  /** Those with news, by name. */
  readonly recipes: readonly RecipeChange[];
  /** Recipes that are built on the images of these, and are locked anew for it, by name. */
  readonly dependents: readonly string[];
  /** In the order in which they are built. */
  readonly rebuilds: readonly Rebuild[];
}

export interface RecipeChange {
  readonly recipe: string;
  readonly news: News;
  /** What `check` says of everything that it is built from. */
  readonly upstreams: readonly UpstreamState[];
  readonly images: readonly ImageState[];
  /** What becomes of its patches on the new commit; each path once. */
  readonly patches: readonly Pick<PatchVerdict, 'path' | 'state'>[];
  readonly packages: readonly PackageChange[];
  /** Of the images that moved: which platforms they have. */
  readonly platforms: readonly PlatformChange[];
  readonly passedOver: readonly PassedOver[];
}

/** A package whose version in the lock is another one. */
export interface PackageChange {
  readonly platform: string;
  readonly name: string;
  readonly old: string | null;
  readonly new: string | null;
}

/** Platforms that an image has and did not have, or had and has not. */
export interface PlatformChange {
  /** For people: `alpine:3.20`. */
  readonly image: string;
  readonly appeared: readonly string[];
  readonly vanished: readonly string[];
}

/** Lists the packages whose versions differ between two locks; a platform that one of them does not have is left out. */
export function diffPackages(old: RecipeLock, fresh: RecipeLock): readonly PackageChange[] {
  return [...fresh.targets].flatMap(([platform, { packages: now }]) => {
    const before = old.targets.get(platform)?.packages;
    if (before === undefined) return [];
    return [...new Set([...before.keys(), ...now.keys()])]
      .toSorted(compareText)
      .map((name) => ({ platform, name, old: before.get(name) ?? null, new: now.get(name) ?? null }))
      .filter((each) => each.old !== each.new);
  });
}

/** Compares the platforms that an image has with those that it had. */
export function diffPlatforms(image: string, old: readonly string[], fresh: readonly string[]): PlatformChange {
  const without = (some: readonly string[], others: readonly string[]) =>
    some.filter((each) => !others.includes(each)).toSorted(compareText);
  return { image, appeared: without(fresh, old), vanished: without(old, fresh) };
}
