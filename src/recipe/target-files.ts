import type { ImageFile, Target } from './target.ts';

/** The files that a recipe puts into an image: a prebuilt program first, then the others in the recipe's order. */
export function listFiles({ build, image }: Pick<Target, 'build' | 'image'>): readonly ImageFile[] {
  return build.kind === 'prebuilt' ? [build.program, ...image.files] : image.files;
}
