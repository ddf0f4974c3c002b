import { known, type Asked } from '../../fleet/asked.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import type { PatchVerdict } from '../../source/patch-verdict.ts';
import type { Invocation } from '../command.ts';
import { openPatches } from '../patch/recipe.ts';

/** Says what becomes of the patches of a recipe on what is followed; of each series, where platforms have their own. */
export type TryPatches = (recipe: ResolvedRecipe) => Promise<Asked<readonly PatchVerdict[]>>;

/** Gives what tries patches, or where that is not wanted, what says so. Throws `cache.no-folder`; it throws `source.*`. */
export function openTryPatches(isWanted: boolean, isOffline: boolean, invocation: Invocation): TryPatches {
  if (!isWanted) return refuse('--patches tries them');
  if (isOffline) return refuse('nobody is asked offline');
  const judge = openPatches(invocation.root, false, invocation);
  return async (recipe) => known((await judge(recipe)).flatMap(({ verdicts }) => verdicts));
}

function refuse(reason: string): TryPatches {
  return () => Promise.resolve({ state: 'not-asked', reason });
}
