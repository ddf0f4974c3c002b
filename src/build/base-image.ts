import { posix } from 'node:path';
import { examineLayer } from '../archive/examine-layer.ts';
import type { LayoutBlob } from '../archive/copy-blob.ts';
import type { ImageSource } from '../archive/image-source.ts';
import { loadImageSet } from '../archive/load-images.ts';
import { openImageSource } from '../archive/open.ts';
import { ForkwrightError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import { flattenLayers, lookUp, type DirectoryNode, type LayerEntry, type TreeNode } from '../image/file-tree.ts';
import type { LoadedImage } from '../image/image-set.ts';
import { toLayerEntry } from '../image/layer-entry.ts';
import { listImages } from '../image/list-images.ts';
import { blobPath } from '../oci/digest.ts';
import { MEDIA_TYPE, mediaKind } from '../oci/media-type.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../platform/platform.ts';

/** A base that is inherited from. */
export interface BaseImage {
  /** The config as parsed JSON, unknown keys and all. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The layers' descriptors as the base's manifest has them, media types those of OCI. */
  readonly layerDescriptors: readonly unknown[];
  readonly layers: readonly LayoutBlob[];
  /** Where the folder at an absolute path is, links followed; null where there is none. */
  readonly findFolder: (path: string) => string | null;
  close(): Promise<void>;
}

/**
 * Opens an archive as the base of an image of `platform`; `path` is relative to `root`. The archive stays open until
 * `close`. Throws what opening and reading throws, `build.broken-base`, and `build.base-platform` where the archive has no
 * image, or several, of the platform.
 */
export async function openBaseArchive(root: string, path: string, platform: Platform): Promise<BaseImage> {
  const source = await openImageSource(path, root);
  try {
    const { set, findings } = await loadImageSet(source);
    requireSound([...source.findings, ...findings], path);
    const images = listImages(set).filter((each) => each.platform !== null && isSamePlatform(each.platform, platform));
    const digests = new Set(images.map(({ image }) => image.descriptor.digest));
    const [found] = images;
    if (found === undefined || digests.size > 1) throw wrongPlatform(path, platform, digests.size);
    return await readBase(source, found.image);
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function readBase(source: ImageSource, image: LoadedImage): Promise<BaseImage> {
  const place = `${source.name}: ${blobPath(image.descriptor.digest)}`;
  if (image.config === null) throw new ForkwrightError('build.broken-base', 'the base has no image config', { place });
  const root = await readTree(source, image);
  const folders = new Map(listFolders(root, '/'));
  return {
    config: parseObject(image.config.raw, place),
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
    close: () => source.close(),
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

function wrongPlatform(path: string, platform: Platform, count: number): ForkwrightError {
  const what = count === 0 ? 'no image' : `${count} images`;
  return new ForkwrightError('build.base-platform', `the base has ${what} for ${formatPlatform(platform)}`, {
    place: path,
    hint: '`forkwright inspect` shows what it holds',
  });
}
