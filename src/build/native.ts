import { join } from 'node:path';
import type { LayoutBlob } from '../archive/write/copy-blob.ts';
import type { ImageSource } from '../archive/read/image-source.ts';
import { openImageSource } from '../archive/read/open.ts';
import { writeImageLayout } from '../archive/write/write-layout.ts';
import { ForkwrightError } from '../errors.ts';
import { encodeIndex } from '../image/encode-index.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { MEDIA_TYPE } from '../oci/media-type.ts';
import type { Obtain } from '../prebuilt/obtain.ts';
import { engineReason } from '../recipe/needs-engine.ts';
import { archivePath, logPath } from '../recipe/output-names.ts';
import type { Target } from '../recipe/target.ts';
import { listFiles } from '../recipe/target-files.ts';
import type { ImageStore } from '../registry/source/image-store.ts';
import { writeBuildLog } from './build-log.ts';
import { openBase, type BaseImage } from './base-image.ts';
import type { BuiltArchive } from './built-archive.ts';
import { composeConfig } from './compose-config.ts';
import { compressLayer, type CompressedLayer } from './layer-cache.ts';
import { planLayer, writeLayer, type LayerFile } from './layer.ts';
import { pinImages } from './pin-images.ts';

export interface NativeOptions {
  /** Absolute path of the workspace. */
  readonly root: string;
  /** Absolute path of the archive to write. */
  readonly output: string;
  readonly cacheFolder: string;
  /** The time stamp of everything in the image, seconds since 1970. */
  readonly epochSeconds: number;
  readonly obtain: Obtain;
  readonly images: ImageStore;
  readonly signal: AbortSignal;
}

/**
 * Builds a target without an engine into its archive in out/, with a log beside it. Throws what `buildNative` throws.
 */
export async function buildNativeTarget(target: Target, options: Omit<NativeOptions, 'output'>): Promise<BuiltArchive> {
  requireNoEngine(target);
  const { target: pinned, findings } = await pinImages(target, options.images);
  const path = archivePath(target);
  const built = await buildNative(pinned, { ...options, output: join(options.root, path) });
  await writeBuildLog(join(options.root, logPath(target)), pinned, built);
  return { ...built, path, findings: [...findings, ...built.findings] };
}

/**
 * Builds a target without an engine and writes its OCI archive: one layer with the recipe's files on top of the base's
 * layers, which are taken as they are. The bytes depend on the recipe, its files, its base and the time stamp only.
 * Throws `build.needs-engine` where something would have to be run, and what reading the base throws.
 */
export async function buildNative(target: Target, options: NativeOptions): Promise<BuiltArchive> {
  requireNoEngine(target);
  const source = await openBaseSource(target, options);
  try {
    const base = source === null ? null : await openBase(source, target.platform);
    const layer = await makeLayer(target, base, options);
    return await writeArchive(target, base, layer, options);
  } finally {
    await source?.close();
  }
}

function requireNoEngine(target: Target): void {
  const reason = engineReason(target);
  if (reason === null) return;
  const text = `${target.recipe} on ${target.slug} needs a build engine: ${reason}`;
  throw new ForkwrightError('build.needs-engine', text);
}

async function openBaseSource(
  { image: { base }, platform }: Target,
  { root, images }: NativeOptions,
): Promise<ImageSource | null> {
  switch (base.type) {
    case 'scratch':
      return null;
    case 'archive':
      return openImageSource(base.path, root);
    case 'image':
      return images.open(base.reference, platform);
    case 'upstream':
      throw new Error("upstream's own Dockerfile takes an engine");
  }
}

interface OwnLayer extends CompressedLayer {
  readonly createdBy: string;
}

async function makeLayer(target: Target, base: BaseImage | null, options: NativeOptions): Promise<OwnLayer | null> {
  const wanted = listFiles(target);
  const folders = target.image.workdir === null || target.image.workdir === '/' ? [] : [target.image.workdir];
  const files: LayerFile[] = [];
  for (const { source, to, mode, uid, gid } of wanted) {
    const { sizeBytes, bytes } = await options.obtain(source, target.platform);
    files.push({ path: to, mode, uid, gid, sizeBytes, bytes });
  }
  const entries = planLayer(files, folders, (path) => base?.findFolder(path) ?? null);
  if (entries.length === 0) return null;
  const { cacheFolder, epochSeconds, signal } = options;
  const layer = await compressLayer(() => writeLayer(entries, epochSeconds), cacheFolder, signal);
  const createdBy =
    wanted.length === 0 ? `WORKDIR ${folders.join('')}` : `COPY ${wanted.map(({ to }) => to).join(' ')}`;
  return { ...layer, createdBy };
}

async function writeArchive(
  target: Target,
  base: BaseImage | null,
  layer: OwnLayer | null,
  options: NativeOptions,
): Promise<BuiltArchive> {
  const { image, platform } = target;
  const { epochSeconds, output, signal } = options;
  const config = encode(composeConfig({ platform, image, base: base?.config ?? null, layer, epochSeconds }));
  const own = layer === null ? [] : [layer];
  const manifest = encode({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: describe(MEDIA_TYPE.ociConfig, config),
    layers: [...(base?.layerDescriptors ?? []), ...own.map((each) => describe(MEDIA_TYPE.ociLayerGzip, each))],
  });
  const child = { ...manifest, mediaType: MEDIA_TYPE.ociManifest, platform, annotations: {}, artifactType: null };
  const indexJson = encodeIndex(MEDIA_TYPE.ociIndex, [child]);
  const blobs = [manifest, config, ...(base?.layers ?? []), ...own];
  const plan = { indexJson, blobs: dedupe(blobs), dockerManifest: null };
  const { sizeBytes } = await writeImageLayout(output, plan, { signal, onBytes: () => undefined });
  return { platform, path: output, digest: manifest.digest, sizeBytes, findings: [] };
}

/** A base may list one layer twice. */
function dedupe(blobs: readonly LayoutBlob[]): readonly LayoutBlob[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}

function encode(document: unknown): LayoutBlob {
  const raw = Buffer.from(JSON.stringify(document));
  return { digest: digestOf(raw), sizeBytes: raw.length, bytes: () => once(raw) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function describe(mediaType: string, blob: { readonly digest: Digest; readonly sizeBytes: number }): object {
  return { mediaType, digest: blob.digest, size: blob.sizeBytes };
}
