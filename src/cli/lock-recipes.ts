import { ForkwrightError } from '../errors.ts';
import type { RecipeLock } from '../lock/lock.ts';
import type { LookUps, UpdateGroup } from '../lock/look-ups.ts';
import { makeLocks, type MadeLock } from '../lock/make-locks.ts';
import { renderHashed } from '../lock/hashed-dockerfile.ts';
import { loadWorkspace } from '../recipe/load.ts';
import type { Workspace } from '../recipe/target.ts';
import { loadTemplates } from '../render/load-templates.ts';
import type { Invocation } from './command.ts';

export interface LockJob {
  /** With all of its recipes, which are sound without locks. */
  readonly workspace: Workspace;
  /** Of all recipes that have one. */
  readonly locks: ReadonlyMap<string, RecipeLock>;
  /** Names of those that are to be locked. */
  readonly recipes: readonly string[];
  readonly update: ReadonlySet<UpdateGroup>;
  readonly lookUps: LookUps;
}

/** Makes the locks of recipes of a workspace; nothing is written. Throws what `makeLocks` and loading templates throw. */
export async function lockRecipes(job: LockJob, { signal }: Pick<Invocation, 'signal'>): Promise<readonly MadeLock[]> {
  const { workspace, locks, recipes, update, lookUps } = job;
  const { templates } = await loadTemplates(workspace.root);
  const load = async (given: ReadonlyMap<string, RecipeLock>) => {
    const loaded = await loadWorkspace(workspace.root, [], given);
    const isThere = (name: string) => loaded.workspace.recipes.some((recipe) => recipe.name === name);
    if (recipes.every(isThere)) return loaded.workspace.recipes;
    // Sound without a lock, and not with it: what it makes of {version}, say, is no name of a tag.
    const fault = loaded.findings.find(({ severity }) => severity === 'error');
    throw new ForkwrightError('lock.unfit', fault?.text ?? 'a recipe is not sound with what is locked', {
      ...(fault === undefined ? {} : { place: fault.place }),
      hint: fault?.hint ?? 'run `forkwright validate`',
    });
  };
  return makeLocks(
    { recipes, update, locks },
    {
      load,
      render: (recipe, target) => renderHashed(recipe, target, workspace.settings, templates),
      lookUps,
      signal,
    },
  );
}
