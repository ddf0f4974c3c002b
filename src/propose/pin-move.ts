import { listUpstreams } from '../lock/list-inputs.ts';
import type { LockedUpstream, RecipeLock } from '../lock/lock.ts';
import { upstreamKey } from '../lock/upstream-key.ts';
import type { ResolvedRecipe, Upstream } from '../recipe/target.ts';
import { compareTags } from '../source/tag-order.ts';

/** An upstream whose commit the recipe itself names, and what it follows besides. */
export interface PinMove {
  /** With the commit that the recipe names. */
  readonly upstream: Upstream;
  /** What is followed, as it is now. */
  readonly to: LockedUpstream;
}

/**
 * Lists the upstreams of a recipe, resolved with its lock, whose commits it names itself, and of which it follows a branch,
 * tags or releases all the same; one of which it follows nothing is to stay where it is.
 */
export function listPins(recipe: ResolvedRecipe, { upstreams }: RecipeLock): readonly Upstream[] {
  // A commit that is the lock's is in no name there.
  return [...listUpstreams(recipe)].flatMap(([key, upstream]) => {
    return upstream.track.kind === 'none' || !upstreams.has(key) ? [] : [upstream];
  });
}

/** What locks call the upstream with the commit that the recipe names, and what they will. */
export function keysOfMove({ upstream, to }: PinMove): { readonly old: string; readonly new: string } {
  return { old: upstreamKey(upstream), new: upstreamKey({ ...upstream, commit: to.commit }) };
}

/** What is followed, as locks of recipes without a commit call it: `https://example.org/tool.git branch main`. */
export function followedKey({ upstream }: PinMove): string {
  return upstreamKey({ ...upstream, commit: null });
}

/**
 * Judges what is followed against the commit that a recipe names, `from` being that one as a lock has it: whether it is
 * newer. A branch is, wherever it is; a tag is newer than a tag, and than a commit without one where that is in its history
 * (null where it is not known); else they are `apart`.
 */
export function judgePin(
  from: Pick<LockedUpstream, 'commit' | 'ref'>,
  { upstream, to }: { readonly upstream: Upstream; readonly to: Pick<LockedUpstream, 'commit' | 'ref'> },
  isAncestor: boolean | null,
): 'current' | 'newer' | 'apart' {
  if (to.commit === from.commit) return 'current';
  if (upstream.track.kind === 'branch') return 'newer';
  if (from.ref === null || to.ref === null) return isAncestor === true ? 'newer' : 'apart';
  return compareTags(from.ref, to.ref) < 0 ? 'newer' : 'current';
}
