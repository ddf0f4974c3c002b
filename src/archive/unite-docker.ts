import { ForkwrightError } from '../errors.ts';
import type { Finding, Severity } from '../finding.ts';
import type { ImageSet, LoadedImage, LoadedNode } from '../image/image-set.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { MEDIA_TYPE, mediaKind } from '../oci/media-type.ts';
import { formatReference, isTag, parseReference } from '../oci/reference.ts';
import type { DockerImage } from './docker-manifest.ts';
import type { BlobPlace, Root } from './image-source.ts';

export interface UniteInput {
  /** What index.json lists, loaded. */
  readonly set: ImageSet;
  readonly images: readonly DockerImage[];
  readonly blob: (digest: Digest) => BlobPlace | undefined;
  /** The blob that the name of an entry leads to; null where it leads to none. */
  readonly digestAt: (name: string) => Digest | null;
  /** The diff ids of the configs that `images` name; absent where the config is not there or faulty. */
  readonly diffIds: ReadonlyMap<Digest, readonly Digest[]>;
  /** Where manifest.json lies. */
  readonly place: string;
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
  const findings: Finding[] = [];
  const made = new Map<Digest, Buffer>();
  const added: Root[] = [];
  for (const [index, image] of input.images.entries()) {
    const place = `${input.place}: [${index}]`;
    const report = (code: string, severity: Severity, text: string) =>
      findings.push({ code, severity, place, text, hint: null });

    const config = input.digestAt(image.config);
    const configPlace = config === null ? undefined : input.blob(config);
    if (config === null || configPlace === undefined) {
      report(
        'docker-manifest.absent-blob',
        'error',
        `the config ${JSON.stringify(image.config)} is not in the archive`,
      );
      continue;
    }
    const names = parseNames(image.repoTags, report);
    const holders = roots.filter(({ images }) => images.some((each) => each.manifest.config.digest === config));
    const whole = holders.filter(({ images }) => images.some((each) => isWhole(each, config, input)));
    const layers = image.layers.map(input.digestAt);
    if (whole.length > 0) {
      const fits = (each: LoadedImage) => isWhole(each, config, input) && hasLayers(each, layers);
      if (!whole.some(({ images }) => images.some(fits))) {
        report('docker-manifest.disagrees', 'error', 'it lists other layers than index.json does');
      }
      for (const root of whole) joinNames(root.names, names, report);
      continue;
    }
    const manifest = makeManifest({ digest: config, sizeBytes: configPlace.sizeBytes }, layers, input);
    if (manifest === null) {
      report(
        'docker-manifest.unsupported',
        'error',
        'its layers are not all there, or not the uncompressed ones that its config names',
      );
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
    made.set(manifest.descriptor.digest, manifest.bytes);
    added.push({ descriptor: manifest.descriptor, names });
  }
  const kept = roots
    .filter(({ isDropped }) => !isDropped)
    .map(({ node, names }) => ({ descriptor: node.descriptor, names }));
  return { roots: [...kept, ...added], findings, made };
}

function imagesBelow(node: LoadedNode, seen: Set<Digest> = new Set()): readonly LoadedImage[] {
  if (seen.has(node.descriptor.digest)) return [];
  seen.add(node.descriptor.digest);
  if (node.kind === 'image') return [node];
  return node.kind === 'index' ? node.children.flatMap((child) => imagesBelow(child, seen)) : [];
}

function isWhole(image: LoadedImage, config: Digest, { blob }: UniteInput): boolean {
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

/** docker 25 and later name uncompressed layers by their diff id; others cannot be told without reading them. */
function makeManifest(
  config: { readonly digest: Digest; readonly sizeBytes: number },
  layers: readonly (Digest | null)[],
  { blob, diffIds }: UniteInput,
): { readonly descriptor: Descriptor; readonly bytes: Buffer } | null {
  const expected = diffIds.get(config.digest);
  if (expected === undefined || expected.length !== layers.length) return null;
  const entries = [];
  for (const [index, digest] of layers.entries()) {
    const place = digest === null || digest !== expected[index] ? undefined : blob(digest);
    if (place === undefined) return null;
    entries.push({ mediaType: MEDIA_TYPE.ociLayer, digest: place.digest, size: place.sizeBytes });
  }
  const mediaType = MEDIA_TYPE.ociManifest;
  const document = {
    schemaVersion: 2,
    mediaType,
    config: { mediaType: MEDIA_TYPE.ociConfig, digest: config.digest, size: config.sizeBytes },
    layers: entries,
  };
  const bytes = Buffer.from(JSON.stringify(document));
  const nothing = { platform: null, annotations: {}, artifactType: null, urls: [], data: null };
  return { descriptor: { mediaType, digest: digestOf(bytes), sizeBytes: bytes.length, ...nothing }, bytes };
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
    const tag = parseReference(name).tag;
    if (known.some((each) => fullName(each) === name || (isTag(each) && each === tag))) continue;
    if (isNamed) report('docker-manifest.disagrees', 'warning', `it has the name ${name}, index.json has not`);
    known.push(name);
  }
}

function fullName(text: string): string | null {
  try {
    return formatReference(parseReference(text));
  } catch (error) {
    if (error instanceof ForkwrightError) return null;
    throw error;
  }
}
