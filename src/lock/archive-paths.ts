import { listFiles } from '../recipe/target-files.ts';
import type { Target } from '../recipe/target.ts';

/** Lists the archives of the workspace that a target takes its base or files out of. */
export function listArchives({ build, image }: Pick<Target, 'build' | 'image'>): readonly string[] {
  const images = listFiles({ build, image }).flatMap(({ source }) => (source.type === 'image' ? [source.image] : []));
  return [image.base, ...images].flatMap((base) => (base.type === 'archive' ? [base.path] : []));
}

/** Gives the recipe whose archive lies at a path of the workspace, `out/base/base.oci.tar`; null for any other path. */
export function parentOfArchive(path: string, recipes: { readonly has: (name: string) => boolean }): string | null {
  const recipe = /^out\/([^/]+)\//.exec(path)?.[1];
  return recipe !== undefined && recipes.has(recipe) ? recipe : null;
}
