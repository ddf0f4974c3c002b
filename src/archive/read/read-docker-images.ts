import { ForkwrightError } from '../../errors.ts';
import type { Finding, Severity } from '../../finding.ts';
import type { ReadLimits } from '../../limits.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import { mediaKind } from '../../oci/media-type.ts';
import { parseConfig } from '../../oci/parse-config.ts';
import { parseStrictJson } from '../../oci/strict-json.ts';
import { digestOfName } from './blob-name.ts';
import { readContainerFile, type Container, type ContainerFile } from './container.ts';
import { readDockerLayer, type DockerLayer } from './docker-layer.ts';
import type { DockerImage } from './docker-manifest.ts';
import { normaliseName } from './entry-name.ts';
import { errorFinding } from './error-finding.ts';
import { LAYER_TYPE, makeManifest, type MadeManifest, type ManifestLayer } from './make-manifest.ts';

/** An image of manifest.json, its names looked up. */
export interface ReadImage {
  /** `zoo.tar: manifest.json: [0]` */
  readonly place: string;
  readonly repoTags: readonly string[];
  /** Null where it is not there, or not what its name says. */
  readonly config: Digest | null;
  /** The digests that the names of the layers stand for; null for names that stand for none. */
  readonly named: readonly (Digest | null)[];
  /** Whether a layer of it is not in the archive. */
  readonly isSparse: boolean;
  /** Made of the files that are named; null where that cannot be done, which is reported, or need not. */
  readonly made: MadeManifest | null;
}

/** What manifest.json comes to. */
export interface ReadImages {
  readonly images: readonly ReadImage[];
  /** The configs and layers of the images that were made. */
  readonly files: ReadonlyMap<Digest, ContainerFile>;
  readonly findings: readonly Finding[];
}

export interface ReadImagesOptions {
  readonly limits: ReadLimits;
  readonly signal: AbortSignal | undefined;
  /** Whether the image of a config can be had without manifest.json. */
  readonly isKnown: (config: Digest) => boolean;
}

interface Reader extends ReadImagesOptions {
  readonly container: Container;
  readonly files: Map<Digest, ContainerFile>;
  readonly findings: Finding[];
  /** By diff id and file: what several images share is read once. */
  readonly layers: Map<string, DockerLayer>;
}

/**
 * Looks up what a docker archive's manifest.json names, and makes the OCI manifests of its images; those that are known
 * are left to others. Throws `archive.read-failed`, the signal's reason. Specification: Docker image spec v1.2.
 */
export async function readDockerImages(
  container: Container,
  images: readonly DockerImage[],
  options: ReadImagesOptions,
): Promise<ReadImages> {
  const reader: Reader = { ...options, container, files: new Map(), findings: [], layers: new Map() };
  const read: ReadImage[] = [];
  for (const [index, image] of images.entries()) {
    read.push(await readImage(reader, image, `${container.name}: manifest.json: [${index}]`));
  }
  return { images: read, files: reader.files, findings: reader.findings };
}

async function readImage(reader: Reader, image: DockerImage, place: string): Promise<ReadImage> {
  const named = image.layers.map((name) => digestOfName(fileOf(reader, name)?.name ?? ''));
  const read = { place, repoTags: image.repoTags, named, isSparse: false, config: null, made: null };
  const file = fileOf(reader, image.config);
  if (file === undefined) {
    report(reader, 'docker-manifest.absent-blob', place, `the config ${quote(image.config)} is not in the archive`);
    return read;
  }
  const byName = digestOfName(file.name);
  if (byName !== null && reader.isKnown(byName)) return { ...read, config: byName };
  const config = await readConfig(reader, image.config, file);
  if (config === null) return { ...read, config: byName };
  const layers = await readLayers(reader, image, config.diffIds, place);
  if (layers === null) return { ...read, config: config.digest };
  reader.files.set(config.digest, file);
  const { found, isSparse } = layers;
  return { ...read, isSparse, config: config.digest, made: makeManifest(config, found) };
}

interface ReadConfig {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly diffIds: readonly Digest[];
}

/** Every known writer names the config by its digest: `<hex>.json`, `sha256:<hex>`, `blobs/sha256/<hex>`. */
async function readConfig(reader: Reader, name: string, file: ContainerFile): Promise<ReadConfig | null> {
  const { container, limits, findings } = reader;
  const place = `${container.name}: ${file.name}`;
  const { sizeBytes } = file;
  try {
    if (sizeBytes > limits.jsonBytes) {
      const text = `${sizeBytes} bytes of JSON; more than ${limits.jsonBytes} are not read`;
      throw new ForkwrightError('blob.too-large', text, { place });
    }
    const raw = await readContainerFile(container, file);
    const digest = digestOf(raw);
    const hex = /(?:^|[/:])([0-9a-f]{64})(?:\.json)?$/.exec(name)?.[1];
    if (hex !== undefined && digest !== `sha256:${hex}`) {
      throw new ForkwrightError('blob.corrupt', `its bytes have the digest ${digest}`, { place });
    }
    return { digest, sizeBytes, diffIds: parseConfig(parseStrictJson(raw, place), place).diffIds };
  } catch (error) {
    if (!(error instanceof ForkwrightError) || error.code === 'archive.read-failed') throw error;
    findings.push(errorFinding(error, error.place ?? place));
    return null;
  }
}

/** Null where something is wrong with one. A layer that is absent is called by its diff id, as it is without compression. */
async function readLayers(
  reader: Reader,
  { layers: names, sources }: DockerImage,
  diffIds: readonly Digest[],
  place: string,
): Promise<{ readonly found: readonly ManifestLayer[]; readonly isSparse: boolean } | null> {
  if (names.length !== diffIds.length) {
    const text = `it lists ${names.length} layers, its config ${diffIds.length} diff_ids`;
    report(reader, 'docker-manifest.disagrees', place, text);
    return null;
  }
  let isSparse = false;
  const found: ManifestLayer[] = [];
  for (const [position, diffId] of diffIds.entries()) {
    const name = names[position] ?? '';
    const file = fileOf(reader, name);
    const source = sources.get(diffId);
    if (file !== undefined) {
      const layer = await readLayerOnce(reader, file, diffId);
      if (layer !== null) found.push(layer);
    } else if (source !== undefined && isForeign(source)) found.push(source);
    else {
      // Nothing that was ever in an archive has a name that leads out of it.
      const severity = normaliseName(name) === null || name.startsWith('/') ? 'error' : 'warning';
      const text = `the layer ${quote(name)} is not in the archive`;
      report(reader, 'docker-manifest.absent-blob', place, text, severity);
      if (severity === 'error') continue;
      isSparse = true;
      // Nobody has said how large it is, and nothing is made of it.
      found.push(source ?? { mediaType: LAYER_TYPE.none, digest: diffId, sizeBytes: 0, urls: [] });
    }
  }
  return found.length === names.length ? { found, isSparse } : null;
}

async function readLayerOnce(reader: Reader, file: ContainerFile, diffId: Digest): Promise<ManifestLayer | null> {
  const { container, layers, limits, signal, files, findings } = reader;
  const key = `${diffId} ${file.name}`;
  const known = layers.get(key);
  if (known !== undefined) return known.layer;
  const read = await readDockerLayer(container, file, diffId, limits, signal);
  layers.set(key, read);
  findings.push(...read.findings);
  if (read.layer !== null) files.set(read.layer.digest, file);
  return read.layer;
}

/** Docker keeps the URLs of a foreign layer beside its name; the layer itself may be left out then. */
function isForeign({ mediaType, urls }: ManifestLayer): boolean {
  const kind = mediaKind(mediaType);
  return kind.kind === 'layer' && kind.isForeign && urls.length > 0;
}

function fileOf({ container }: Reader, name: string): ContainerFile | undefined {
  return container.file(normaliseName(name) ?? '');
}

function report({ findings }: Reader, code: string, place: string, text: string, severity: Severity = 'error'): void {
  findings.push({ code, severity, place, text, hint: null });
}

function quote(text: string): string {
  return JSON.stringify(text);
}
