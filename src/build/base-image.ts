import { examineLayer } from '../archive/examine-layer.ts';
import type { LayoutBlob } from '../archive/copy-blob.ts';
import type { ImageSource } from '../archive/image-source.ts';
import { loadImageSet } from '../archive/load-images.ts';
import { openImageSource } from '../archive/open.ts';
import { ForkwrightError } from '../errors.ts';
import { hasFailed, type Finding } from '../finding.ts';
import { flattenLayers, lookUp, type DirectoryNode, type LayerEntry } from '../image/file-tree.ts';
import type { LoadedImage } from '../image/image-set.ts';
import { toLayerEntry } from '../image/layer-entry.ts';
import { listImages } from '../image/list-images.ts';
import { blobPath } from '../oci/digest.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../platform/platform.ts';

/** A base that is inherited from. */
export interface BaseImage {
  /** The config as parsed JSON, unknown keys and all. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The layers' descriptors as the base's manifest has them. */
  readonly layerDescriptors: readonly unknown[];
  readonly layers: readonly LayoutBlob[];
  /** Whether an absolute path is a folder in the base, links followed. */
  readonly hasFolder: (path: string) => boolean;
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
  return {
    config: parseObject(image.config.raw, place),
    layerDescriptors: listLayers(parseObject(image.raw, place)),
    layers: image.manifest.layers.map(({ digest, sizeBytes }) => ({
      digest,
      sizeBytes,
      bytes: () => source.stream(digest),
      origin: `${source.name}: ${blobPath(digest)}`,
    })),
    hasFolder: (path) => lookUp(root, path)?.kind === 'directory',
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

/** Keys that are not known here matter too, so the documents are edited as they are; their parsers have checked them. */
function parseObject(raw: Buffer, place: string): Readonly<Record<string, unknown>> {
  const document: unknown = JSON.parse(raw.toString('utf8'));
  if (typeof document === 'object' && document !== null) return { ...document };
  throw new ForkwrightError('build.broken-base', 'a document of the base is no JSON object', { place });
}

function listLayers(manifest: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Array.isArray(manifest['layers']) ? manifest['layers'] : [];
}

function requireSound(findings: readonly Finding[], place: string): void {
  const fault = findings.find(({ severity }) => severity === 'error');
  if (!hasFailed(findings, false) || fault === undefined) return;
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
