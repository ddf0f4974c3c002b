import type { ImageFile, Target } from '../recipe/target.ts';

export interface NamedFile {
  /** What the file's stage or named context is called. */
  readonly name: string;
  readonly file: ImageFile;
}

/** The files that a target's image gets besides what is built, named as its Dockerfile and bake file call them. */
export function namedFiles({ build, image }: Target): readonly NamedFile[] {
  const files = image.files.map((file, index) => ({ name: `file-${index + 1}`, file }));
  return build.kind === 'prebuilt' ? [{ name: 'program', file: build.program }, ...files] : files;
}
