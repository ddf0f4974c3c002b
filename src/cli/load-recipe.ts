import { ForkwrightError } from '../errors.ts';
import type { ResolvedRecipe } from '../recipe/target.ts';

/**
 * Loads one recipe of a workspace that something is held to. Throws `recipe.unknown-name`, and `verify.broken-recipe`
 * where it has faults of its own.
 */
export async function loadRecipe(root: string, name: string): Promise<ResolvedRecipe> {
  // The schemas take longer to load than many an archive takes to be read, and most calls name no recipe.
  const { loadWorkspace } = await import('../recipe/load.ts');
  const { workspace, findings } = await loadWorkspace(root, [name]);
  const recipe = workspace.recipes.find((each) => each.name === name);
  if (recipe !== undefined) return recipe;
  const fault = findings.find(({ severity }) => severity === 'error');
  throw new ForkwrightError('verify.broken-recipe', fault?.text ?? `the recipe ${name} has faults`, {
    place: fault?.place ?? name,
    hint: '`forkwright validate` says all that is wrong with it',
  });
}
