import type { ConfigDocument } from '../../oci/config.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import { editJson, type JsonEdit } from '../../oci/edit-json.ts';
import type { Platform } from '../../platform/platform.ts';
import type { LoadedImage } from '../image-set.ts';
import { compressedMediaType, convertMediaType, type LayerCompression, type MediaFamily } from './media-type-edit.ts';

/** A layer as it is to be written. */
export interface OutputLayer {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly mediaType: string;
  readonly diffId: Digest;
  /** False for a foreign layer that is not there: it is fetched from its URLs by whoever runs the image. */
  readonly isHeld: boolean;
}

/** An image as it is to be written. */
export interface OutputImage {
  /** What it was before. */
  readonly source: LoadedImage;
  readonly platform: Platform | null;
  readonly manifest: { readonly mediaType: string; readonly digest: Digest; readonly raw: Buffer };
  readonly config: { readonly digest: Digest; readonly raw: Buffer; readonly document: ConfigDocument };
  readonly layers: readonly OutputLayer[];
}

/** What becomes of one layer; null where it stays as it is. */
export type LayerChange = {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly compression: LayerCompression;
} | null;

/** What is to change in an image. */
export interface ImageChanges {
  readonly family: MediaFamily;
  /** One per layer of the image, or all new ones of an image whose config changes. */
  readonly layers: readonly LayerChange[];
  /** A new config, with the diff ids of the new layers; null where it stays. */
  readonly config: { readonly raw: Buffer; readonly document: ConfigDocument } | null;
}

/**
 * Changes an image by editing the text of its manifest, so that keys nobody here knows, and the config unless a new one is
 * given, survive byte for byte; a manifest in which nothing changes stays what it is. The image must have its config.
 */
export function convertImage(
  image: LoadedImage & { readonly config: NonNullable<LoadedImage['config']> },
  platform: Platform | null,
  { family, layers: changes, config: newConfig }: ImageChanges,
  has: (digest: Digest) => boolean,
): OutputImage {
  const { manifest, raw } = image;
  const config = newConfig ?? image.config;
  const configDigest = newConfig === null ? manifest.config.digest : digestOf(newConfig.raw);
  const layers =
    newConfig === null
      ? keepLayers(image, changes, family, has)
      : newLayers(changes, config.document, family === 'docker' || isDockers(manifest.mediaType, family));
  const edits: JsonEdit[] = [];
  const setText = (path: JsonEdit['path'], before: string, after: string) => {
    if (before !== after) edits.push({ path, json: JSON.stringify(after) });
  };
  const setSize = (path: JsonEdit['path'], before: number, after: number) => {
    if (before !== after) edits.push({ path, json: String(after) });
  };
  const mediaType = convertMediaType(manifest.mediaType, family);
  setText(['mediaType'], manifest.mediaType, mediaType);
  setText(['config', 'mediaType'], manifest.config.mediaType, convertMediaType(manifest.config.mediaType, family));
  setText(['config', 'digest'], manifest.config.digest, configDigest);
  setSize(['config', 'size'], manifest.config.sizeBytes, config.raw.length);
  if (newConfig !== null) {
    edits.push({ path: ['config', 'data'], json: null });
    edits.push({ path: ['layers'], json: JSON.stringify(layers.map(toDescriptor)) });
  } else {
    for (const [index, layer] of layers.entries()) {
      const before = manifest.layers[index];
      if (before === undefined) continue;
      setText(['layers', index, 'mediaType'], before.mediaType, layer.mediaType);
      setText(['layers', index, 'digest'], before.digest, layer.digest);
      setSize(['layers', index, 'size'], before.sizeBytes, layer.sizeBytes);
      if (before.digest !== layer.digest) edits.push({ path: ['layers', index, 'data'], json: null });
    }
  }
  const edited = edits.length === 0 ? raw : Buffer.from(editJson(raw.toString('utf8'), edits));
  const digest = edits.length === 0 ? image.descriptor.digest : digestOf(edited);
  return {
    source: image,
    platform,
    manifest: { mediaType, digest, raw: edited },
    config: { digest: configDigest, raw: config.raw, document: config.document },
    layers,
  };
}

/** Whether a manifest comes out otherwise than it went in. */
export function isChanged({ source, manifest }: OutputImage): boolean {
  return source.descriptor.digest !== manifest.digest;
}

function keepLayers(
  { manifest, config }: LoadedImage,
  changes: readonly LayerChange[],
  family: MediaFamily,
  has: (digest: Digest) => boolean,
): readonly OutputLayer[] {
  return manifest.layers.map((layer, index) => {
    const change = changes[index] ?? null;
    const mediaType = change === null ? layer.mediaType : compressedMediaType(layer.mediaType, change.compression);
    const { digest, sizeBytes } = change ?? layer;
    return {
      digest,
      sizeBytes,
      mediaType: convertMediaType(mediaType, family),
      // A config that names fewer layers than there are is refused before; see `requireDiffIds`.
      diffId: config?.document.diffIds[index] ?? digest,
      isHeld: change !== null || layer.data !== null || has(layer.digest),
    };
  });
}

function newLayers(
  changes: readonly LayerChange[],
  { diffIds }: ConfigDocument,
  isDocker: boolean,
): readonly OutputLayer[] {
  return changes.flatMap((change, index) => {
    const diffId = diffIds[index];
    if (change === null || diffId === undefined) return [];
    const { digest, sizeBytes, compression } = change;
    const type = convertMediaType('application/vnd.oci.image.layer.v1.tar', isDocker ? 'docker' : 'oci');
    return [{ digest, sizeBytes, mediaType: compressedMediaType(type, compression), diffId, isHeld: true }];
  });
}

function isDockers(mediaType: string, family: MediaFamily): boolean {
  return family === 'keep' && mediaType.startsWith('application/vnd.docker.');
}

function toDescriptor({ mediaType, digest, sizeBytes }: OutputLayer): object {
  return { mediaType, digest, size: sizeBytes };
}
