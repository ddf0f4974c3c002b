import { orderByParents, parentsOf } from '../../lock/parents.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';

/**
 * Puts recipes in an order in which each comes behind those whose images it is built on; else in the order given. Throws
 * `lock.circle` for recipes that are built on each other.
 */
export function orderForBuild(recipes: readonly ResolvedRecipe[]): readonly ResolvedRecipe[] {
  const byName = new Map(recipes.map((recipe) => [recipe.name, recipe]));
  const listParents = (name: string) => {
    const recipe = byName.get(name);
    return recipe === undefined ? [] : parentsOf(recipe, recipe.lock?.images ?? new Map(), byName);
  };
  return orderByParents([...byName.keys()], listParents).flatMap((name) => byName.get(name) ?? []);
}
