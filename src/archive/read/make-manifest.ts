import type { Descriptor } from '../../oci/descriptor.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import { MEDIA_TYPE } from '../../oci/media-type.ts';
import type { Compression } from '../stream/decompress.ts';

/** A layer as a manifest names it. */
export interface ManifestLayer {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly urls: readonly string[];
}

export interface MadeManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

/** The media type of a layer that came without one. */
export const LAYER_TYPE: Readonly<Record<Compression, string>> = {
  none: MEDIA_TYPE.ociLayer,
  gzip: MEDIA_TYPE.ociLayerGzip,
  zstd: MEDIA_TYPE.ociLayerZstd,
};

/** Makes the manifest of an image that came without one; the same parts give the same bytes. Specification: OCI image-spec. */
export function makeManifest(
  config: { readonly digest: Digest; readonly sizeBytes: number },
  layers: readonly ManifestLayer[],
): MadeManifest {
  const mediaType = MEDIA_TYPE.ociManifest;
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: { mediaType: MEDIA_TYPE.ociConfig, digest: config.digest, size: config.sizeBytes },
      layers: layers.map(({ mediaType: type, digest, sizeBytes, urls }) => ({
        mediaType: type,
        digest,
        size: sizeBytes,
        ...(urls.length === 0 ? {} : { urls }),
      })),
    }),
  );
  return { descriptor: describe(mediaType, digestOf(bytes), bytes.length), bytes };
}

/** A descriptor that says no more than it has to. */
export function describe(mediaType: string, digest: Digest, sizeBytes: number): Descriptor {
  return { mediaType, digest, sizeBytes, platform: null, annotations: {}, artifactType: null, urls: [], data: null };
}
