import type { RecipeLock } from '../lock/lock.ts';
import { compareText } from '../platform/order.ts';
import { maskCredentials } from '../recipe/quoted.ts';
import type { UpstreamMove } from './plan.ts';

/** Lists the upstreams of which two locks have different commits, sorted. */
export function listMoves(before: RecipeLock, after: RecipeLock): readonly UpstreamMove[] {
  return [...after.upstreams]
    .toSorted(([a], [b]) => compareText(a, b))
    .flatMap(([key, { commit, tree }]) => {
      const old = before.upstreams.get(key);
      if (old === undefined || old.commit === commit) return [];
      return [{ upstream: maskCredentials(key), old: old.commit, new: commit, hasSameTree: old.tree === tree }];
    });
}

/** A move for people, with commits as `git log` takes them. */
export function describeMove({ upstream, old, new: fresh, hasSameTree }: UpstreamMove): string {
  const range = `${old.slice(0, 12)}..${fresh.slice(0, 12)}`;
  return `${upstream}: ${range}${hasSameTree ? ', the same files: only the provenance would change' : ''}`;
}
