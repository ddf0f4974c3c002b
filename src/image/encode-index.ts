import type { Descriptor } from '../oci/descriptor.ts';
import { blobPath, type Digest } from '../oci/digest.ts';
import { MEDIA_TYPE } from '../oci/media-type.ts';
import { formatFamiliar, formatReference, type ImageReference } from '../oci/reference.ts';
import { compareText } from '../platform/order.ts';
import type { Platform } from '../platform/platform.ts';

/** The annotations by which containerd, docker and buildx name an entry of index.json. */
export const NAME_ANNOTATION = {
  image: 'io.containerd.image.name',
  ref: 'org.opencontainers.image.ref.name',
} as const;

/** A child of an index as it is to be written. */
export interface ChildEntry {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** Null leaves the field out. */
  readonly platform: Platform | null;
  readonly artifactType: string | null;
}

/**
 * Gives the bytes of an image index (or Docker manifest list): compact, keys in the order of Go's structs, annotations
 * sorted, so that equal children give equal bytes. Specification: OCI image-spec, image-index.md.
 */
export function encodeIndex(mediaType: string, children: readonly ChildEntry[]): Buffer {
  return encode({
    schemaVersion: 2,
    mediaType,
    manifests: children.map((child) => ({
      mediaType: child.mediaType,
      digest: child.digest,
      size: child.sizeBytes,
      ...encodeAnnotations(child.annotations),
      ...(child.platform === null ? {} : { platform: encodePlatform(child.platform) }),
      ...(child.artifactType === null ? {} : { artifactType: child.artifactType }),
    })),
  });
}

/**
 * Gives the bytes of index.json: one entry that wraps the index, or with names one per name, as docker and buildx write
 * them. Every name has a tag. Specification: OCI image-spec, image-layout.md, "index.json file".
 */
export function encodeLayoutIndex(
  index: { readonly mediaType: string; readonly digest: Digest; readonly sizeBytes: number },
  names: readonly ImageReference[],
): Buffer {
  const entry = { mediaType: index.mediaType, digest: index.digest, size: index.sizeBytes };
  const named = names.map((name) => ({
    ...entry,
    annotations: { [NAME_ANNOTATION.image]: formatReference(name), [NAME_ANNOTATION.ref]: name.tag ?? '' },
  }));
  return encode({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: named.length === 0 ? [entry] : named });
}

/** Gives the bytes of a docker archive's manifest.json for one image of a layout. Specification: Docker image spec v1.2. */
export function encodeDockerManifest(
  manifest: { readonly config: Pick<Descriptor, 'digest'>; readonly layers: readonly Pick<Descriptor, 'digest'>[] },
  names: readonly ImageReference[],
): Buffer {
  const repoTags = names.length === 0 ? null : names.map(formatFamiliar);
  const layers = manifest.layers.map((layer) => blobPath(layer.digest));
  return encode([{ Config: blobPath(manifest.config.digest), RepoTags: repoTags, Layers: layers }]);
}

function encodeAnnotations(annotations: ChildEntry['annotations']): object {
  const sorted = Object.entries(annotations).toSorted(([a], [b]) => compareText(a, b));
  return sorted.length === 0 ? {} : { annotations: Object.fromEntries(sorted) };
}

function encodePlatform(platform: Platform): object {
  return {
    architecture: platform.arch,
    os: platform.os,
    ...(platform.osVersion === '' ? {} : { 'os.version': platform.osVersion }),
    ...(platform.osFeatures.length === 0 ? {} : { 'os.features': platform.osFeatures }),
    ...(platform.variant === '' ? {} : { variant: platform.variant }),
  };
}

function encode(document: unknown): Buffer {
  return Buffer.from(JSON.stringify(document));
}
