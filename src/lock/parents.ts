import { ForkwrightError } from '../errors.ts';
import { formatReference, type ImageReference } from '../oci/reference.ts';
import type { ResolvedRecipe } from '../recipe/target.ts';
import { listArchives, parentOfArchive } from './archive-paths.ts';
import type { RecipeLock } from './lock.ts';

/** Gives the recipe that publishes an image, whatever its tag; null where none of them does. */
export function parentOfImage(reference: ImageReference, recipes: readonly ResolvedRecipe[]): string | null {
  const repository = formatReference({ ...reference, tag: null, digest: null });
  const known = PUBLISHERS.get(recipes) ?? indexPublishers(recipes);
  PUBLISHERS.set(recipes, known);
  return known.get(repository) ?? null;
}

// Every image of every target is looked up among all recipes of a workspace.
const PUBLISHERS = new WeakMap<readonly ResolvedRecipe[], ReadonlyMap<string, string>>();

/** By repository; of several that publish to one, the first. */
function indexPublishers(recipes: readonly ResolvedRecipe[]): ReadonlyMap<string, string> {
  const published = recipes.flatMap(({ name, publish }) =>
    publish.image === null ? [] : [[publish.image, name] as const],
  );
  return new Map(published.toReversed());
}

/** Gives the recipes whose images a recipe is built on; `recipes` are all of the workspace. */
export function parentsOf(
  recipe: ResolvedRecipe,
  images: RecipeLock['images'],
  recipes: { readonly has: (name: string) => boolean },
): readonly string[] {
  const ofImages = [...images.values()].flatMap((image) => (image.kind === 'recipe' ? [image.recipe] : []));
  const ofArchives = recipe.targets.flatMap(listArchives).map((path) => parentOfArchive(path, recipes));
  return [...new Set([...ofImages, ...ofArchives.filter((name) => name !== null)])];
}

/**
 * Puts recipes in an order in which each comes behind those whose images it is built on; else in the order given. Throws
 * `lock.circle` for recipes that are built on each other.
 */
export function orderByParents(
  recipes: readonly string[],
  listParents: (recipe: string) => readonly string[],
): readonly string[] {
  const ordered = new Set<string>();
  const open: string[] = [];
  const visit = (recipe: string): void => {
    if (ordered.has(recipe)) return;
    if (open.includes(recipe)) {
      const circle = [...open.slice(open.indexOf(recipe)), recipe].join(' -> ');
      const hint = 'take another base for one of them';
      throw new ForkwrightError('lock.circle', `recipes are built on each other: ${circle}`, { hint });
    }
    open.push(recipe);
    for (const parent of listParents(recipe)) if (recipes.includes(parent)) visit(parent);
    open.pop();
    ordered.add(recipe);
  };
  for (const recipe of recipes) visit(recipe);
  return [...ordered];
}
