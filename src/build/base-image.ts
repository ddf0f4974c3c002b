import { posix } from 'node:path';
import { examineLayer } from '../archive/layers/examine-layer.ts';
import type { LayoutBlob } from '../archive/write/copy-blob.ts';
import type { ImageSource } from '../archive/read/image-source.ts';
import { loadImageSet } from '../archive/read/load-images.ts';
import { ForkwrightError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import { flattenLayers, lookUp, type DirectoryNode, type LayerEntry, type TreeNode } from '../image/files/file-tree.ts';
import type { ImageSet, LoadedImage } from '../image/image-set.ts';
import { describePlatforms, imagesFor } from '../image/select/images-for.ts';
import { toLayerEntry } from '../image/files/layer-entry.ts';
import { blobPath } from '../oci/digest.ts';
import { MEDIA_TYPE, mediaKind } from '../oci/media-type.ts';
import { formatPlatform, type Platform } from '../platform/platform.ts';

/** A base that is inherited from. */
export interface BaseImage {
  /** The config as parsed JSON, unknown keys and all. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The layers' descriptors as the base's manifest has them, media types those of OCI. */
  readonly layerDescriptors: readonly unknown[];
  readonly layers: readonly LayoutBlob[];
  /** Where the folder at an absolute path is, links followed; null where there is none. */
  readonly findFolder: (path: string) => string | null;
}

/**
 * Takes the image that a source has for a platform, or for the next older variant, as a base. The source is open as long as
 * the base is used, and whoever opened it closes it. Throws what reading throws, `build.broken-base`, `build.on-build`, and
 * `build.base-platform` where the source has no image, or several, of the platform.
 */
export async function openBase(source: ImageSource, platform: Platform): Promise<BaseImage> {
  const { set, findings } = await loadImageSet(source);
  const [found, ...others] = imagesFor(set, platform);
  // What an index lists for other platforms need not be there.
  const faults = [...source.findings, ...findings].filter(({ code }) => found !== undefined || code !== 'blob.absent');
  requireSound(faults, source.name);
  if (found === undefined || others.length > 0)
    throw wrongPlatform(set, platform, found === undefined ? 0 : others.length + 1);
  return readBase(source, found);
}

async function readBase(source: ImageSource, image: LoadedImage): Promise<BaseImage> {
  const place = `${source.name}: ${blobPath(image.descriptor.digest)}`;
  if (image.config === null) throw new ForkwrightError('build.broken-base', 'the base has no image config', { place });
  const config = parseObject(image.config.raw, place);
  requireNoTriggers(config, place);
  const root = await readTree(source, image);
  const folders = new Map(listFolders(root, '/'));
  return {
    config,
    layerDescriptors: listLayers(parseObject(image.raw, place)).map(toOci),
    layers: image.manifest.layers.map(({ digest, sizeBytes }) => ({
      digest,
      sizeBytes,
      bytes: () => source.stream(digest),
      origin: `${source.name}: ${blobPath(digest)}`,
    })),
    findFolder: (path) => {
      const node = lookUp(root, path);
      return node === null ? null : (folders.get(node) ?? null);
    },
  };
}

async function readTree(source: ImageSource, image: LoadedImage): Promise<DirectoryNode> {
  const layers: LayerEntry[][] = [];
  for (const { digest } of image.manifest.layers) {
    const entries: LayerEntry[] = [];
    const place = `${source.name}: ${blobPath(digest)}`;
    const { findings } = await examineLayer(source.stream(digest), digest, place, (_, header, firstBytes) => {
      entries.push(toLayerEntry(header, firstBytes));
    });
    requireSound(findings, place);
    layers.push(entries);
  }
  return flattenLayers(layers);
}

function* listFolders(folder: DirectoryNode, path: string): Generator<readonly [TreeNode, string]> {
  yield [folder, path];
  for (const [name, child] of folder.children) {
    if (child.kind === 'directory') yield* listFolders(child, posix.join(path, name));
  }
}

/** Keys that are not known here matter too, so the documents are edited as they are; their parsers have checked them. */
function parseObject(raw: Buffer, place: string): Readonly<Record<string, unknown>> {
  const document: unknown = JSON.parse(raw.toString('utf8'));
  if (typeof document === 'object' && document !== null) return { ...document };
  throw new ForkwrightError('build.broken-base', 'a document of the base is no JSON object', { place });
}

function listLayers(manifest: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Array.isArray(manifest['layers']) ? manifest['layers'] : [];
}

const OCI_LAYER = { none: MEDIA_TYPE.ociLayer, gzip: MEDIA_TYPE.ociLayerGzip, zstd: MEDIA_TYPE.ociLayerZstd };

/** An OCI manifest has OCI's layers: Docker's are the same bytes under another name. */
function toOci(descriptor: unknown): unknown {
  if (typeof descriptor !== 'object' || descriptor === null || !('mediaType' in descriptor)) return descriptor;
  const type = mediaKind(String(descriptor.mediaType));
  if (type.kind !== 'layer' || type.isForeign) return descriptor;
  return { ...descriptor, mediaType: OCI_LAYER[type.compression] };
}

function requireSound(findings: readonly Finding[], place: string): void {
  const fault = findings.find(({ severity }) => severity === 'error');
  if (fault === undefined) return;
  throw new ForkwrightError('build.broken-base', `the base is broken: ${fault.text}`, {
    place: fault.place === '' ? place : fault.place,
    hint: '`forkwright verify` says all that is wrong with it',
  });
}

/** Dockerfile reference, "ONBUILD": they are run by whatever is built from the base. */
function requireNoTriggers(config: Readonly<Record<string, unknown>>, place: string): void {
  const container = config['config'];
  const triggers =
    typeof container === 'object' && container !== null && 'OnBuild' in container ? container.OnBuild : null;
  if (!Array.isArray(triggers) || triggers.length === 0) return;
  throw new ForkwrightError('build.on-build', 'the base has instructions for what is built from it (ONBUILD)', {
    place,
    hint: 'an engine runs them: `--builder buildx`',
  });
}

function wrongPlatform(set: ImageSet, platform: Platform, count: number): ForkwrightError {
  const what = count === 0 ? 'no image' : `${count} images`;
  return new ForkwrightError('build.base-platform', `the base has ${what} for ${formatPlatform(platform)}`, {
    place: set.source,
    hint: describePlatforms(set),
  });
}
