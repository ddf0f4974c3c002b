import type { RecipeLock } from '../../lock/lock.ts';
import { listInputs, type TargetInputs } from '../../lock/target-inputs.ts';
import { compareText } from '../../platform/order.ts';
import type { ResolvedRecipe, Workspace } from '../../recipe/target.ts';
import type { Invocation } from '../command.ts';
import type { Workbench } from '../lock/lock-recipes.ts';
import { openParents, withAncestors, type ListParents } from './family.ts';
import { freshenLocks, type FreshLock } from './locks.ts';

export interface Wanted {
  /** Resolved without locks. */
  readonly workspace: Workspace;
  readonly locks: ReadonlyMap<string, RecipeLock>;
  readonly wanted: ReadonlySet<string>;
  readonly listParents: ListParents;
  readonly isLocked: boolean;
}

/** A recipe as it would be built, before anybody is asked for its image. */
export interface Situation {
  /** Resolved with the fresh lock. */
  readonly recipe: ResolvedRecipe;
  /** Of the recipe with the lock that it has. */
  readonly oldTags: readonly string[];
  readonly before: RecipeLock | null;
  /** Null where it has no lock. */
  readonly fresh: FreshLock | null;
  /** By platform; empty where the lock could not be made. */
  readonly inputs: ReadonlyMap<string, TargetInputs>;
  readonly parents: readonly string[];
  /** Of the parents, those whose lock could not be made. */
  readonly failedParents: readonly string[];
}

/**
 * Finds out what recipes would be built from: as they are locked, and where that is not how it is any more anew. Throws
 * `lock.circle`, `render.*`, and what `freshenLocks` throws.
 */
export async function seeRecipes(
  { workspace, locks, wanted, listParents, isLocked }: Wanted,
  bench: Workbench,
  invocation: Invocation,
): Promise<readonly Situation[]> {
  const resolve = (given: ReadonlyMap<string, RecipeLock>) =>
    bench.load(given).workspace.recipes.filter(({ name }) => wanted.has(name));
  const resolved = resolve(locks);
  const locked = new Map(resolved.filter(({ lock }) => lock !== null).map((recipe) => [recipe.name, recipe]));
  const asLocked = listInputs([...locked.values()], bench.render);
  const recipes = [...wanted].filter((name) => locks.has(name)).toSorted(compareText);
  const job = { workspace, locks, locked, inputs: asLocked, recipes, listParents, isLocked };
  const fresh = await freshenLocks(job, bench, invocation);

  const made = [...fresh].flatMap(([name, { lock }]) => (lock === null ? [] : [[name, lock] as const]));
  const changed = made.flatMap(([name, lock]) => (lock === locks.get(name) ? [] : [name]));
  const freshParents = openParents(workspace, (name) => fresh.get(name)?.images);
  const family = withAncestors(changed, freshParents);
  const renewed = resolve(new Map(made));
  const again = listInputs(
    renewed.filter(({ name, lock }) => lock !== null && family.has(name)),
    bench.render,
  );
  return renewed.map((recipe) => {
    const { name, lock } = recipe;
    const parents = freshParents(name);
    return {
      recipe,
      oldTags: locked.get(name)?.publish.tags ?? [],
      before: locks.get(name) ?? null,
      fresh: fresh.get(name) ?? null,
      inputs: (lock === null ? undefined : (again.get(name) ?? asLocked.get(name))) ?? new Map(),
      parents,
      failedParents: parents.filter((parent) => (fresh.get(parent)?.failures.length ?? 0) > 0),
    };
  });
}
