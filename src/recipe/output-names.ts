import type { ResolvedRecipe, Target } from './target.ts';

/** The folder that everything is rendered into. */
export const GENERATED = 'generated';

/** How the names of all records of tests end. */
export const TESTS_ENDING = '.tests.json';

/** The archive of a target, relative to the workspace. */
export function archivePath(target: Target): string {
  return `out/${target.recipe}/${target.slug}.oci.tar`;
}

/** The log of a target's build, relative to the workspace. */
export function logPath(target: Target): string {
  return `out/${target.recipe}/${target.slug}.log`;
}

/** The folder of a recipe's archives and of what belongs to them, relative to the workspace. */
export function recipeOutput(recipe: string): string {
  return `out/${recipe}`;
}

/** The folder of a recipe's release files, relative to the workspace. */
export function releaseFolder(recipe: string): string {
  return `${recipeOutput(recipe)}/release`;
}

/** What became of a target's tests, relative to the workspace. */
export function testsPath(target: Target): string {
  return `out/${target.recipe}/${target.slug}${TESTS_ENDING}`;
}

/** What a target's image was built from, relative to the workspace. */
export function inputsPath(target: Target): string {
  return `out/${target.recipe}/${target.slug}.inputs.json`;
}

/** The folder of what is rendered for a recipe, relative to the workspace. */
export function recipeFolder(recipe: string): string {
  return `${GENERATED}/${recipe}`;
}

/** The bake file of a recipe, relative to the workspace. */
export function bakeFilePath(recipe: string): string {
  return `${recipeFolder(recipe)}/docker-bake.json`;
}

/** What a target is called in its recipe's bake file. */
export function bakeTargetName({ recipe, slug }: Target): string {
  return bakeName(`${recipe}-${slug}`);
}

/** What the target is called there that upstream's own Dockerfile makes. */
export function upstreamTargetName(target: Target): string {
  return `${bakeTargetName(target)}-upstream`;
}

/** Bake's names are letters, digits, `-` and `_`. */
export function bakeName(name: string): string {
  return name.replaceAll('.', '_');
}

/** The index of a recipe, relative to the workspace. */
export function indexPath(recipe: string): string {
  return `out/${recipe}/${recipe}.oci.tar`;
}

/**
 * What the index is called inside its archive, image and first tag; null where nothing is published. It is one name, since
 * skopeo refuses an archive whose index.json has an entry for each of several.
 */
export function indexName({ publish }: ResolvedRecipe): string | null {
  const [tag] = publish.tags;
  return publish.image === null || tag === undefined ? null : `${publish.image}:${tag}`;
}
