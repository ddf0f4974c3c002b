import { ForkwrightError } from '../../errors.ts';
import type { Finding, Severity } from '../../finding.ts';
import type { ImageSet, LoadedImage, LoadedNode } from '../../image/image-set.ts';
import { walkSet } from '../../image/walk.ts';
import type { Digest } from '../../oci/digest.ts';
import { mediaKind } from '../../oci/media-type.ts';
import { formatReference, isTag, parseReference } from '../../oci/reference.ts';
import type { BlobPlace, Root } from './image-source.ts';
import type { ReadImage } from './read-docker-images.ts';

export interface UniteInput {
  /** What index.json lists, loaded; empty in an archive without one. */
  readonly set: ImageSet;
  /** What manifest.json lists, looked up. */
  readonly images: readonly ReadImage[];
  readonly blob: (digest: Digest) => BlobPlace | undefined;
}

/** What the two sides of a hybrid archive come to together. */
export interface United {
  readonly roots: readonly Root[];
  readonly findings: readonly Finding[];
  /** Manifests that were made from manifest.json, by digest. */
  readonly made: ReadonlyMap<Digest, Buffer>;
}

/**
 * Unites what index.json and manifest.json say of one archive, by the digest of the config. An image is taken from
 * index.json where it is whole there, else made from manifest.json: docker 25.0.0 wrote OCI manifests without layers, or
 * with their order lost (moby#47065, moby#47150). Names of both sides are joined. Pure.
 */
export function uniteDocker(input: UniteInput): United {
  const roots = input.set.roots.map(({ node, names }) => ({
    node,
    names: [...names],
    images: imagesBelow(node),
    isDropped: false,
  }));
  const hasGaps = walkSet(input.set).some(({ node }) => node.kind === 'absent');
  const findings: Finding[] = [];
  const made = new Map<Digest, Buffer>();
  const added = new Map<Digest, { readonly descriptor: Root['descriptor']; readonly names: string[] }>();
  for (const image of input.images) {
    const report = (code: string, severity: Severity, text: string) =>
      findings.push({ code, severity, place: image.place, text, hint: null });
    const { config } = image;
    if (config === null) continue;
    const names = parseNames(image.repoTags, report);
    const holders = roots.filter(({ images }) => images.some((each) => each.manifest.config.digest === config));
    const whole = holders.filter(({ images }) => images.some((each) => isWhole(each, config, input.blob)));
    if (whole.length > 0) {
      const fits = (each: LoadedImage) => isWhole(each, config, input.blob) && hasLayers(each, image.named);
      if (!whole.some(({ images }) => images.some(fits))) {
        report('docker-manifest.disagrees', 'error', 'it lists other layers than index.json does');
      }
      // One config can belong to several of them; what index.json names one of them does not name the others.
      const unsaid = names.filter((name) => !whole.some((root) => hasName(root.names, name)));
      for (const root of whole) joinNames(root.names, unsaid, report);
      continue;
    }
    // Where it is whole on neither side, index.json says more of it: sizes and media types of what is absent.
    if (image.made === null || (image.isSparse && holders.length > 0)) continue;
    if (holders.length === 0 && hasGaps) {
      const text = 'index.json does not have this image, but lists a manifest that is absent: most likely its own';
      report('docker-manifest.disagrees', 'error', text);
      continue;
    }
    if (holders.length > 0) {
      report(
        'docker-manifest.used',
        'warning',
        'the image is not whole in index.json, so it was taken from manifest.json',
      );
    }
    for (const root of holders) root.isDropped ||= root.node.kind === 'image';
    const { descriptor, bytes } = image.made;
    made.set(descriptor.digest, bytes);
    const known = added.get(descriptor.digest)?.names ?? [];
    added.set(descriptor.digest, { descriptor, names: [...new Set([...known, ...names])] });
  }
  const kept = roots
    .filter(({ isDropped }) => !isDropped)
    .map(({ node, names }) => ({ descriptor: node.descriptor, names }));
  return { roots: [...kept, ...added.values()], findings, made };
}

/** The configs whose images are whole on the OCI side. */
export function listWhole(set: ImageSet, blob: UniteInput['blob']): ReadonlySet<Digest> {
  const images = set.roots.flatMap(({ node }) => imagesBelow(node));
  const whole = images.filter((image) => isWhole(image, image.manifest.config.digest, blob));
  return new Set(whole.map(({ manifest }) => manifest.config.digest));
}

function imagesBelow(node: LoadedNode, seen: Set<Digest> = new Set()): readonly LoadedImage[] {
  if (seen.has(node.descriptor.digest)) return [];
  seen.add(node.descriptor.digest);
  if (node.kind === 'image') return [node];
  return node.kind === 'index' ? node.children.flatMap((child) => imagesBelow(child, seen)) : [];
}

function isWhole(image: LoadedImage, config: Digest, blob: UniteInput['blob']): boolean {
  const { layers } = image.manifest;
  const diffIds = image.config?.document.diffIds;
  if (image.manifest.config.digest !== config || layers.length !== diffIds?.length) return false;
  return layers.every((layer, index) => {
    const kind = mediaKind(layer.mediaType);
    const isPlain = kind.kind === 'layer' && kind.compression === 'none' && !kind.isForeign;
    if (isPlain && layer.digest !== diffIds[index]) return false;
    return layer.data !== null || layer.urls.length > 0 || blob(layer.digest) !== undefined;
  });
}

function hasLayers(image: LoadedImage, layers: readonly (Digest | null)[]): boolean {
  const own = image.manifest.layers;
  return own.length === layers.length && own.every(({ digest }, index) => digest === layers[index]);
}

type Report = (code: string, severity: Severity, text: string) => void;

function parseNames(tags: readonly string[], report: Report): readonly string[] {
  return tags.flatMap((tag) => {
    const name = fullName(tag);
    if (name === null)
      report('docker-manifest.bad-name', 'warning', `the tag ${JSON.stringify(tag)} is not an image name`);
    return name ?? [];
  });
}

function joinNames(known: string[], names: readonly string[], report: Report): void {
  const isNamed = known.length > 0;
  for (const name of names) {
    if (isNamed) report('docker-manifest.disagrees', 'warning', `it has the name ${name}, index.json has not`);
    known.push(name);
  }
}

/** Whether a name is among those of a root, where a tag may stand alone. */
function hasName(known: readonly string[], name: string): boolean {
  const { tag } = parseReference(name);
  return known.some((each) => fullName(each) === name || (isTag(each) && each === tag));
}

function fullName(text: string): string | null {
  try {
    return formatReference(parseReference(text));
  } catch (error) {
    if (error instanceof ForkwrightError) return null;
    throw error;
  }
}
