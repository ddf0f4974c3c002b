import { formatReference, type ImageReference } from '../oci/reference.ts';
import type { Base, Build, ImageFile, Target } from './target.ts';
import { listFiles } from './target-files.ts';

/**
 * Gives the images of registries that an image is made of by itself, without what its program is built in: its base, and
 * those that files come out of. Each once, with the digest of the recipe or else of the lock, where there is one.
 */
export function listRegistryImages(target: Target): readonly ImageReference[] {
  const bases = [
    target.image.base,
    ...listFiles(target).flatMap(({ source }) => (source.type === 'image' ? [source.image] : [])),
  ];
  const references = bases.flatMap((base) => (base.type === 'image' ? [pinReference(target, base.reference)] : []));
  return [...new Map(references.map((reference) => [formatReference(reference), reference])).values()];
}

/** Gives a target whose images of registries are those that `replace` gives for `listRegistryImages`. */
export function replaceRegistryImages(target: Target, replace: (reference: ImageReference) => ImageReference): Target {
  const ofBase = <Kind extends Base>(base: Kind): Kind =>
    base.type === 'image' ? { ...base, reference: replace(pinReference(target, base.reference)) } : base;
  const ofFile = (file: ImageFile): ImageFile =>
    file.source.type === 'image' ? { ...file, source: { ...file.source, image: ofBase(file.source.image) } } : file;
  const { build, image } = target;
  const ofBuild: Build = build.kind === 'prebuilt' ? { ...build, program: ofFile(build.program) } : build;
  return { ...target, build: ofBuild, image: { ...image, base: ofBase(image.base), files: image.files.map(ofFile) } };
}

function pinReference({ pins }: Target, reference: ImageReference): ImageReference {
  if (reference.digest !== null) return reference;
  return { ...reference, digest: pins.images.get(formatReference(reference))?.onTarget ?? null };
}
