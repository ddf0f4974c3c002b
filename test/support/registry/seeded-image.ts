import { digestOf, type Digest } from '../../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import { seededBytes } from './random.ts';
import type { StoredManifest, StoredRepository } from './storage.ts';

/** An image or an index with everything that is below it. */
export interface SeededImage {
  /** Of the root. */
  readonly digest: Digest;
  readonly root: StoredManifest;
  /** Children before what refers to them; the root is the last one. */
  readonly manifests: ReadonlyMap<Digest, StoredManifest>;
  readonly blobs: ReadonlyMap<Digest, Buffer>;
}

export interface SeededImageOptions {
  readonly seed?: number;
  /** Sizes of the layers, in bytes; the layers are noise, not tars. */
  readonly layers?: readonly number[];
  /** `linux/amd64`; with several, the first layer is the same in all of them. */
  readonly platforms?: readonly string[];
  /** Makes a manifest that refers to another one. */
  readonly subject?: object;
  readonly artifactType?: string;
}

/** Makes an image that a seed decides; of several platforms, an index. */
export function seededImage(options: SeededImageOptions = {}): SeededImage {
  const { seed = 1, layers = [1000], platforms = ['linux/amd64'] } = options;
  const blobs = new Map<Digest, Buffer>();
  const manifests = new Map<Digest, StoredManifest>();
  const keep = (mediaType: string, bytes: Buffer) => {
    blobs.set(digestOf(bytes), bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const put = (document: { readonly mediaType: string; readonly [key: string]: unknown }) => {
    const bytes = Buffer.from(JSON.stringify(document));
    manifests.set(digestOf(bytes), { bytes, mediaType: document.mediaType });
    return { mediaType: document.mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const children = platforms.map((platform, index) => {
    const [os, architecture, variant] = platform.split('/');
    const named = { os, architecture, ...(variant === undefined ? {} : { variant }) };
    const contents = layers.map((size, at) => seededBytes(seed * 10_000 + at + (at === 0 ? 0 : index * 100), size));
    const config = {
      ...named,
      config: {},
      rootfs: { type: 'layers', diff_ids: contents.map((bytes) => digestOf(bytes)) },
    };
    const described = contents.map((bytes) => keep(MEDIA_TYPE.ociLayer, bytes));
    const descriptor = put({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      ...(options.artifactType === undefined ? {} : { artifactType: options.artifactType }),
      config: keep(MEDIA_TYPE.ociConfig, Buffer.from(JSON.stringify(config))),
      layers: described,
      ...(options.subject === undefined ? {} : { subject: options.subject }),
    });
    return { ...descriptor, platform: named };
  });
  const [only] = children;
  const root =
    only !== undefined && children.length === 1
      ? only
      : put({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: children });
  const manifest = manifests.get(root.digest);
  if (manifest === undefined) throw new Error('the root was not put');
  return { digest: root.digest, root: manifest, manifests, blobs };
}

/** Puts an image into a repository, past its protocol. */
export function seedRepository(repository: StoredRepository, image: SeededImage, ...tags: readonly string[]): void {
  for (const [digest, bytes] of image.blobs) repository.blobs.set(digest, bytes);
  for (const [digest, manifest] of image.manifests) repository.manifests.set(digest, manifest);
  for (const tag of tags) repository.tags.set(tag, image.digest);
}
