import type { Finding } from '../../finding.ts';
import { findDrift } from '../../lock/find-drift.ts';
import { renderHashed } from '../../lock/hashed-dockerfile.ts';
import { listInputs, type TargetInputs } from '../../lock/target-inputs.ts';
import { loadWorkspace } from '../../recipe/load.ts';
import type { Workspace } from '../../recipe/target.ts';
import { loadTemplates } from '../../render/load-templates.ts';
import type { Invocation } from '../command.ts';
import { frozenLookUps } from '../lock/look-ups.ts';
import { lockRecipes } from '../lock/lock-recipes.ts';

/** What the locks of a workspace say, without asking anybody. */
export interface LockFacts {
  /** What would be built now, by recipe and platform. */
  readonly inputs: ReadonlyMap<string, ReadonlyMap<string, TargetInputs>>;
  /** In what a lock is not what its recipe says, by recipe; only of recipes that have a lock. */
  readonly faults: ReadonlyMap<string, readonly Finding[]>;
}

/**
 * Finds out what would be built of the recipes of a whole workspace, and whether the locks of those that are named fit
 * them. Throws what loading and rendering throw, and `lock.circle`.
 */
export async function findLockFacts(
  workspace: Workspace,
  names: readonly string[],
  { root, signal }: Pick<Invocation, 'root' | 'signal'>,
): Promise<LockFacts> {
  const { recipes, settings } = workspace;
  const { templates } = await loadTemplates(root);
  const inputs = listInputs(recipes, (recipe, target) => renderHashed(recipe, target, settings, templates));
  const locks = new Map(recipes.flatMap(({ name, lock }) => (lock === null ? [] : [[name, lock] as const])));
  const bare = await loadWorkspace(root, [], new Map());
  const locked = names.filter((name) => locks.has(name));
  const job = { workspace: bare.workspace, locks, recipes: locked, update: new Set<never>() };
  const made = await lockRecipes({ ...job, lookUps: frozenLookUps(root) }, { signal });
  const faults = made.map((each) => [each.recipe.name, findDrift(each, locks.get(each.recipe.name) ?? null)] as const);
  return { inputs, faults: new Map(faults) };
}
