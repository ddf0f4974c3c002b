import { renderHashed } from '../../lock/hashed-dockerfile.ts';
import { parentsOf } from '../../lock/parents.ts';
import { hashWorkspaceFile } from '../../lock/read-inputs.ts';
import { listInputs } from '../../lock/target-inputs.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { judgeInputs, type KnownInputs } from '../../plan/known-inputs.ts';
import { loadWorkspace } from '../../recipe/load.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import { loadTemplates } from '../../render/load-templates.ts';
import type { Invocation } from '../command.ts';
import { withAncestors } from '../plan/family.ts';
import { asReason } from './reason.ts';

/** Gives what the targets of a recipe would be built from now, by platform. */
export type FindInputs = (recipe: ResolvedRecipe) => Promise<ReadonlyMap<string, KnownInputs>>;

/** Of a target without a lock. */
export const NOT_LOCKED: KnownInputs = { record: null, why: 'there is no lock' };

/**
 * Gives what finds out what targets of a workspace would be built from. The workspace is read for the first recipe that has a
 * lock; files are hashed once, since what is locked of them has to be what lies there. What is faulty or cannot be read is
 * not known, and why is said.
 */
export function openKnownInputs({ root, signal }: Pick<Invocation, 'root' | 'signal'>): FindInputs {
  let loading: ReturnType<typeof loadAll> | null = null;
  const hashes = new Map<string, Promise<Digest>>();
  const hashOf = (path: string) => {
    const hash = hashes.get(path) ?? hashWorkspaceFile(root, path);
    hashes.set(path, hash);
    return hash;
  };
  const find = async (recipe: ResolvedRecipe): Promise<ReadonlyMap<string, KnownInputs>> => {
    const { recipes, settings, templates } = await (loading ??= loadAll(root));
    const listParents = (name: string) => {
      const member = recipes.get(name);
      return member === undefined ? [] : parentsOf(member, member.lock?.images ?? new Map(), recipes);
    };
    const names = withAncestors([recipe.name], listParents);
    const family = new Map([...recipes].filter(([name]) => names.has(name)));
    const render = (each: ResolvedRecipe, target: ResolvedRecipe['targets'][number]) =>
      renderHashed(each, target, settings, templates);
    const inputs = listInputs([...family.values()], render).get(recipe.name);
    const changed = await findChanged([...family.values()], hashOf);
    return forAll(recipe, (target) => {
      const found = inputs?.get(formatPlatform(target.platform));
      if (found === undefined) return { record: null, why: 'its recipe cannot be read any more' };
      const known = judgeInputs(recipe, target, found, family);
      return known.record === null || changed === null
        ? known
        : { record: null, why: `${changed} is not what is locked` };
    });
  };
  return async (recipe) => {
    if (recipe.lock === null) return forAll(recipe, () => NOT_LOCKED);
    try {
      return await find(recipe);
    } catch (error) {
      const why = asReason(error, signal);
      return forAll(recipe, () => ({ record: null, why }));
    }
  };
}

async function loadAll(root: string) {
  const { workspace } = await loadWorkspace(root);
  const { templates } = await loadTemplates(workspace.root);
  const recipes = new Map(workspace.recipes.map((recipe) => [recipe.name, recipe]));
  return { recipes, settings: workspace.settings, templates };
}

/** Gives a file whose hash is not the one in a lock; null where there is none. */
async function findChanged(
  recipes: readonly ResolvedRecipe[],
  hashOf: (path: string) => Promise<Digest>,
): Promise<string | null> {
  for (const { lock } of recipes) {
    for (const [path, digest] of lock?.files ?? []) if ((await hashOf(path)) !== digest) return path;
  }
  return null;
}

function forAll(
  { targets }: ResolvedRecipe,
  judge: (target: ResolvedRecipe['targets'][number]) => KnownInputs,
): ReadonlyMap<string, KnownInputs> {
  return new Map(targets.map((target) => [formatPlatform(target.platform), judge(target)]));
}
