import { satisfies } from 'semver';
import { compareText } from '../platform/order.ts';
import type { Upstream } from '../recipe/target.ts';
import { listTags, tagPattern, versionOf } from '../source/choose-ref.ts';
import type { Refs } from '../source/list-refs.ts';
import type { WantedRef } from './fork-plan.ts';

/** All branches that have what recipes are built from: only forkwright pushes to them. */
export const PATCH_BRANCHES = 'forkwright/*';

/** The branch that has the pinned commit: `upstream/main` where a branch is followed, else `upstream/pinned`. */
export function pinnedBranch({ track }: Upstream): string {
  return `refs/heads/upstream/${track.kind === 'branch' ? track.branch : 'pinned'}`;
}

/** The branch that has what a recipe is built from, the pinned commit with its patches: `forkwright/tool`. */
export function patchBranch(recipe: string): string {
  return `refs/heads/${PATCH_BRANCHES.replace('*', recipe)}`;
}

/** Gives the refs of upstream's tags that are followed, all of them where a branch is followed, by their names. */
export function followedTags({ track }: Upstream, refs: Refs): readonly string[] {
  const isFollowed = (tag: string) => {
    if (track.kind === 'tag') return tagPattern(track.pattern).test(tag);
    return track.kind !== 'release' || satisfies(versionOf(tag) ?? '', track.range);
  };
  return listTags(refs)
    .filter(isFollowed)
    .toSorted(compareText)
    .map((tag) => `refs/tags/${tag}`);
}

/** Gives all refs that a fork is to have: `commit` is the pinned one, `patched` the one with the patches. */
export function listWanted(
  recipe: string,
  upstream: Upstream,
  { commit, patched, refs }: { readonly commit: string; readonly patched: string; readonly refs: Refs },
): readonly WantedRef[] {
  return [
    { ref: pinnedBranch(upstream), object: commit },
    { ref: patchBranch(recipe), object: patched },
    ...followedTags(upstream, refs).map((ref) => ({ ref, object: refs.get(ref) ?? '' })),
  ];
}
