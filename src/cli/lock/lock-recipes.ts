import { ForkwrightError } from '../../errors.ts';
import { rememberHashed, type HashedDockerfile } from '../../lock/hashed-dockerfile.ts';
import type { RecipeLock } from '../../lock/lock.ts';
import type { LookUps, UpdateGroup } from '../../lock/look-ups.ts';
import { makeLocks, type MadeLock } from '../../lock/make-locks.ts';
import { readWorkspace, resolveWorkspace, type LoadedWorkspace } from '../../recipe/load.ts';
import type { ResolvedRecipe, Target, Workspace } from '../../recipe/target.ts';
import { loadTemplates } from '../../render/load-templates.ts';
import type { Invocation } from '../command.ts';

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

/** A workspace that was read once, for whoever resolves and renders it with one set of locks after another. */
export interface Workbench {
  /** Resolves all recipes with these locks and no others. */
  readonly load: (locks: ReadonlyMap<string, RecipeLock>) => LoadedWorkspace;
  /** Renders for the input hash; what was rendered already is not rendered again. */
  readonly render: (recipe: ResolvedRecipe, target: Target) => HashedDockerfile;
}

/** Reads a workspace and its templates. Throws `workspace.not-found`, `render.template`. */
export async function openWorkbench(root: string): Promise<Workbench> {
  const [files, { templates }] = await Promise.all([readWorkspace(root), loadTemplates(root)]);
  return {
    load: (locks) => resolveWorkspace(files, locks),
    render: rememberHashed(files.defaults.settings, templates),
  };
}

/** Makes the locks of recipes of a workspace; nothing is written. Throws what `makeLocks` and `openWorkbench` throw. */
export async function lockRecipes(
  { workspace, locks, recipes, update, lookUps }: LockJob,
  { signal }: Pick<Invocation, 'signal'>,
  bench: Workbench | null = null,
): Promise<readonly MadeLock[]> {
  const { load: loadAll, render } = bench ?? (await openWorkbench(workspace.root));
  const load = async (given: ReadonlyMap<string, RecipeLock>) => {
    const loaded = loadAll(given);
    const there = new Set(loaded.workspace.recipes.map(({ name }) => name));
    if (recipes.every((name) => there.has(name))) return loaded.workspace.recipes;
    // Sound without a lock, and not with it: what it makes of {version}, say, is no name of a tag.
    const fault = loaded.findings.find(({ severity }) => severity === 'error');
    throw new ForkwrightError('lock.unfit', fault?.text ?? 'a recipe is not sound with what is locked', {
      ...(fault === undefined ? {} : { place: fault.place }),
      hint: fault?.hint ?? 'run `forkwright validate`',
    });
  };
  return makeLocks({ recipes, update, locks }, { load, render, lookUps, signal });
}
