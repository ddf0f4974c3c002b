import type { RecipeLock } from '../../lock/lock.ts';
import { parentOfImage, parentsOf } from '../../lock/parents.ts';
import { listRegistryImages } from '../../recipe/registry-images.ts';
import { NO_PINS, type ResolvedRecipe, type Workspace } from '../../recipe/target.ts';

/** Gives the recipes whose images a recipe is built on. */
export type ListParents = (recipe: string) => readonly string[];

/**
 * Knows what the recipes of a workspace are built on: by the images that `imagesOf` gives, those of a lock, and by those
 * that they name themselves, which a lock may not know yet.
 */
export function openParents(
  { recipes }: Pick<Workspace, 'recipes'>,
  imagesOf: (recipe: string) => RecipeLock['images'] | undefined,
): ListParents {
  const byName = new Map(recipes.map((recipe) => [recipe.name, recipe]));
  const known = new Map<string, readonly string[]>();
  const list = (recipe: ResolvedRecipe | undefined): readonly string[] => {
    if (recipe === undefined) return [];
    const locked = parentsOf(recipe, imagesOf(recipe.name) ?? new Map(), byName);
    return [...new Set([...locked, ...listNamed(recipe, recipes)])];
  };
  return (name) => {
    const parents = known.get(name) ?? list(byName.get(name));
    known.set(name, parents);
    return parents;
  };
}

/** Gives recipes and all that they are built on, directly or not. */
export function withAncestors(names: readonly string[], listParents: ListParents): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    listParents(name).forEach(visit);
  };
  names.forEach(visit);
  return found;
}

/** Gives recipes and all of `among` that are built on them, directly or not, in the order of `among`. */
export function withDescendants(
  names: readonly string[],
  among: readonly string[],
  listParents: ListParents,
): readonly string[] {
  const found = new Map(names.map((name) => [name, true]));
  const visit = (name: string): boolean => {
    const known = found.get(name);
    if (known !== undefined) return known;
    // Who is built on itself is told elsewhere.
    found.set(name, false);
    const isBuiltOn = listParents(name).some(visit);
    found.set(name, isBuiltOn);
    return isBuiltOn;
  };
  return among.filter(visit);
}

function listNamed({ targets }: ResolvedRecipe, recipes: readonly ResolvedRecipe[]): readonly string[] {
  const references = targets.flatMap((target) => listRegistryImages({ ...target, pins: NO_PINS }));
  return references.flatMap((reference) => parentOfImage(reference, recipes) ?? []);
}
