import type { ResolvedRecipe, Target } from './target.ts';

/** The archive of a target, relative to the workspace. */
export function archivePath(target: Target): string {
  return `out/${target.recipe}/${target.slug}.oci.tar`;
}

/** The log of a target's build, relative to the workspace. */
export function logPath(target: Target): string {
  return `out/${target.recipe}/${target.slug}.log`;
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
