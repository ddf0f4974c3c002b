import type { ResolvedRecipe } from '../recipe/target.ts';
import { versionOfCommit, versionOfTag } from '../recipe/version.ts';
import type { ResolvedUpstream } from '../source/resolve-upstream.ts';
import { listUpstreams } from './list-inputs.ts';
import type { LockedUpstream, RecipeLock } from './lock.ts';
import type { LookUps } from './look-ups.ts';
import type { Problems } from './problems.ts';

/** Locks the upstreams of a recipe that was resolved without a lock. What `before` has stays. */
export async function lockUpstreams(
  recipe: ResolvedRecipe,
  before: Pick<RecipeLock, 'upstreams'>,
  lookUp: LookUps['upstream'],
  problems: Problems,
): Promise<RecipeLock['upstreams']> {
  const locked = await Promise.all(
    [...listUpstreams(recipe)].map(async ([key, upstream]) => {
      const kept = before.upstreams.get(key);
      const found = kept ?? (await problems.attempt(recipe.name, async () => toLockedUpstream(await lookUp(upstream))));
      return found === null ? [] : [[key, found] as const];
    }),
  );
  return new Map(locked.flat());
}

const TAGS = 'refs/tags/';

/** Gives an upstream as locks have it. */
export function toLockedUpstream({ commit, tree, epochSeconds, ref }: ResolvedUpstream): LockedUpstream {
  const tag = ref?.startsWith(TAGS) === true ? ref.slice(TAGS.length) : null;
  return { commit, tree, epochSeconds, ref, version: tag === null ? versionOfCommit(commit) : versionOfTag(tag) };
}
