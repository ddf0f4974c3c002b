import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { findDrift } from '../../lock/find-drift.ts';
import { loadWorkspace } from '../../recipe/load.ts';
import type { Invocation } from '../command.ts';
import { frozenLookUps } from './look-ups.ts';
import { lockRecipes } from './lock-recipes.ts';
import { readLocks } from './read-locks.ts';

/**
 * Whether locks must be taken as they are: FORKWRIGHT_LOCK is `frozen`, as generated pipelines set it. Throws
 * `lock.mode` for any other value.
 */
export function isLockFrozen(env: Readonly<Record<string, string | undefined>>): boolean {
  const mode = env['FORKWRIGHT_LOCK'] ?? '';
  if (mode === '' || mode === 'frozen') return mode === 'frozen';
  throw new ForkwrightError('lock.mode', `FORKWRIGHT_LOCK is ${JSON.stringify(mode)}`, {
    hint: 'it can be frozen, or not be set',
  });
}

/**
 * Where locks are frozen, finds what would be built otherwise than the locks of these recipes say; all recipes where none
 * is named. Asks nobody. Empty where locks are not frozen. Throws `lock.mode`, and what loading throws.
 */
export async function checkFrozen(
  recipes: readonly string[],
  invocation: Pick<Invocation, 'root' | 'env' | 'signal'>,
): Promise<readonly Finding[]> {
  return isLockFrozen(invocation.env) ? findLockFaults(recipes, invocation) : [];
}

/** Finds what of recipes their locks do not say, or say otherwise; all recipes where none is named. Asks nobody. */
export async function findLockFaults(
  recipes: readonly string[],
  { root, signal }: Pick<Invocation, 'root' | 'signal'>,
): Promise<readonly Finding[]> {
  const { workspace } = await loadWorkspace(root, [], new Map());
  const known = workspace.recipes.map(({ name }) => name);
  const names = recipes.length === 0 ? known : known.filter((name) => recipes.includes(name));
  const { locks, findings } = await readLocks(root, known);
  if (findings.length > 0) return findings;
  const job = { workspace, locks, recipes: names, update: new Set<never>(), lookUps: frozenLookUps(root) };
  const made = await lockRecipes(job, { signal });
  return made.flatMap((each) => findDrift(each, locks.get(each.recipe.name) ?? null));
}
