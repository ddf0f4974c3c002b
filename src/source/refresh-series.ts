import { dropPatches } from '../recipe/edit-patches.ts';
import { patchFate } from './patch-fate.ts';
import type { PatchVerdict } from './patch-verdict.ts';

/** A file of the workspace as it is to be; null takes it away. */
export interface SeriesChange {
  /** Relative to the workspace. */
  readonly path: string;
  /** Bytes: a patch has those of the files that it changes. */
  readonly content: Uint8Array | null;
}

/** A recipe as it stands in its file. */
export interface RecipeText {
  readonly name: string;
  /** `recipes/tool.yaml` */
  readonly file: string;
  readonly text: string;
}

/**
 * Gives the files that change when a recipe's patches follow its upstream: refreshed ones are replaced, and merged ones go,
 * out of the folder and out of the recipe. `series` are the verdicts on all that the recipe has. Nothing changes where a
 * patch conflicts, or cannot be one file for all platforms: whole or not at all. In the order in which they can be written one
 * by one, so that the recipe never names a patch that is not there. Throws `recipe.not-edited`.
 */
export function refreshSeries(
  recipe: RecipeText,
  series: readonly (readonly PatchVerdict[])[],
): readonly SeriesChange[] {
  const paths = [...new Set(series.flatMap((verdicts) => verdicts.map(({ path }) => path)))];
  const fates = paths.map((path) => ({ path, fate: patchFate(path, series) }));
  if (fates.some(({ fate }) => fate.kind === 'conflicts' || fate.kind === 'differs')) return [];
  const written = fates.flatMap(({ path, fate }) => (fate.kind === 'replaced' ? { path, content: fate.content } : []));
  const dropped = fates.flatMap(({ path, fate }) => (fate.kind === 'dropped' ? path : []));
  if (dropped.length === 0) return written;
  const folder = `patches/${recipe.name}/`;
  const names = new Set(dropped.map((path) => path.slice(folder.length)));
  const content = Buffer.from(dropPatches(recipe.text, recipe.file, names));
  return [...written, { path: recipe.file, content }, ...dropped.map((path) => ({ path, content: null }))];
}
