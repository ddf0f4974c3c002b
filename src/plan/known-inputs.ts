import { listArchives, parentOfArchive } from '../lock/archive-paths.ts';
import type { TargetInputs } from '../lock/target-inputs.ts';
import { parseReference, type ImageReference } from '../oci/reference.ts';
import { formatPlatform, isSamePlatform } from '../platform/platform.ts';
import type { ResolvedRecipe, Target } from '../recipe/target.ts';
import type { InputRecord } from './record.ts';

/** Where a target has the image of another recipe from, whose input hash is one of its leaves. */
export interface ParentImage {
  readonly recipe: string;
  /** Of the parent's own target. */
  readonly inputHash: string;
  /** An image of a registry, or an archive of the parent's target, relative to the workspace. */
  readonly from: ImageReference | { readonly path: string; readonly parent: Target };
}

/** What a target would be built from now, as far as that is certain. */
export type KnownInputs =
  | { readonly record: InputRecord; readonly parents: readonly ParentImage[] }
  | {
      readonly record: null;
      /** `image docker.io/library/alpine:3.20 is not locked`. */
      readonly why: string;
    };

/**
 * Says whether what a target would be built from is certain: all of it is locked, and the lock is what the recipe says now.
 * Its files are not looked at. `recipes` are those that it is built on, among others.
 */
export function judgeInputs(
  recipe: ResolvedRecipe,
  target: Target,
  inputs: TargetInputs,
  recipes: ReadonlyMap<string, ResolvedRecipe>,
): KnownInputs {
  const [open] = inputs.open;
  if (open !== undefined) return { record: null, why: `${open} is not locked` };
  const locked = recipe.lock?.targets.get(formatPlatform(target.platform));
  if (locked?.inputHash !== inputs.inputHash) {
    return { record: null, why: 'the lock is not what the recipe says now' };
  }
  const { leaves, inputHash } = inputs;
  return { record: { leaves, inputHash }, parents: listParentImages(recipe, target, inputs, recipes) };
}

function listParentImages(
  { lock }: ResolvedRecipe,
  target: Target,
  { leaves }: TargetInputs,
  recipes: ReadonlyMap<string, ResolvedRecipe>,
): readonly ParentImage[] {
  const ofImages = [...(lock?.images ?? [])].flatMap(([key, image]): readonly ParentImage[] => {
    const hash = image.kind === 'recipe' ? leaves[`recipe ${image.recipe}`] : undefined;
    if (image.kind !== 'recipe' || hash === undefined) return [];
    return [{ recipe: image.recipe, inputHash: hash, from: parseReference(key) }];
  });
  const ofArchives = listArchives(target).flatMap((path): readonly ParentImage[] => {
    const name = parentOfArchive(path, recipes);
    const hash = name === null ? undefined : leaves[`recipe ${name}`];
    if (name === null || hash === undefined) return [];
    const parents = recipes.get(name)?.targets ?? [];
    const parent = parents.find(({ platform }) => isSamePlatform(platform, target.platform));
    return parent === undefined ? [] : [{ recipe: name, inputHash: hash, from: { path, parent } }];
  });
  return [...ofImages, ...ofArchives];
}
