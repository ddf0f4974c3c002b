import type { Digest } from '../oci/digest.ts';
import { formatPlatform } from '../platform/platform.ts';
import type { ResolvedRecipe, Target } from '../recipe/target.ts';
import type { HashedDockerfile } from './hashed-dockerfile.ts';
import { inputHash } from './input-hash.ts';
import { leavesOf, listOpenLeaves, type Leaves, type ParentHashes } from './input-leaves.ts';
import { EMPTY_LOCK } from './lock.ts';
import { orderByParents, parentsOf } from './parents.ts';

/** What decides the image of a target, as the recipe and its lock say it now. */
export interface TargetInputs {
  readonly leaves: Leaves;
  readonly inputHash: Digest;
  /** Names of leaves that nothing pins: where there are any, two builds with this input hash may differ. */
  readonly open: readonly string[];
}

/**
 * Gives the inputs of every target of a workspace, by recipe and platform. `recipes` are all of the workspace, resolved
 * with their locks, since a recipe can be built on the image of another one. Throws `lock.circle`, `render.*`.
 */
export function listInputs(
  recipes: readonly ResolvedRecipe[],
  render: (recipe: ResolvedRecipe, target: Target) => HashedDockerfile,
): ReadonlyMap<string, ReadonlyMap<string, TargetInputs>> {
  const byName = new Map(recipes.map((recipe) => [recipe.name, recipe]));
  const listParents = (name: string) => {
    const recipe = byName.get(name);
    return recipe === undefined ? [] : parentsOf(recipe, recipe.lock?.images ?? new Map(), byName);
  };
  const inputs = new Map<string, ReadonlyMap<string, TargetInputs>>();
  for (const name of orderByParents([...byName.keys()], listParents)) {
    const recipe = byName.get(name);
    if (recipe === undefined) continue;
    const lock = recipe.lock ?? EMPTY_LOCK;
    const ofTargets = recipe.targets.map((target) => {
      const platform = formatPlatform(target.platform);
      const leaves = leavesOf({
        target,
        dockerfile: render(recipe, target),
        lock,
        packages: lock.targets.get(platform)?.packages ?? new Map(),
        parents: parentHashes(platform, byName, inputs),
      });
      return [platform, { leaves, inputHash: inputHash(leaves), open: listOpenLeaves(leaves) }] as const;
    });
    inputs.set(name, new Map(ofTargets));
  }
  return inputs;
}

/** Null for a recipe whose image may be another one tomorrow, and for those that come later. */
function parentHashes(
  platform: string,
  recipes: ReadonlyMap<string, ResolvedRecipe>,
  inputs: ReadonlyMap<string, ReadonlyMap<string, TargetInputs>>,
): ParentHashes {
  return {
    has: (name) => recipes.has(name),
    get: (name) => {
      const found = inputs.get(name)?.get(platform);
      return found === undefined || found.open.length > 0 ? null : found.inputHash;
    },
  };
}
