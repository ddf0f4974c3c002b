import { MEDIA_TYPE, mediaKind } from '../../oci/media-type.ts';

/** Whose media types an image is written with; `keep` leaves them as they are. */
export type MediaFamily = 'keep' | 'oci' | 'docker';

/** How a layer can be compressed in an image. */
export type LayerCompression = 'none' | 'gzip' | 'zstd';

const FOREIGN = 'application/vnd.oci.image.layer.nondistributable.v1.tar';
const LAYERS = {
  oci: { none: MEDIA_TYPE.ociLayer, gzip: MEDIA_TYPE.ociLayerGzip, zstd: MEDIA_TYPE.ociLayerZstd },
  docker: { none: MEDIA_TYPE.dockerLayer, gzip: MEDIA_TYPE.dockerLayerGzip, zstd: MEDIA_TYPE.dockerLayerZstd },
} as const;
const FOREIGN_LAYERS = {
  oci: { none: FOREIGN, gzip: `${FOREIGN}+gzip`, zstd: `${FOREIGN}+zstd` },
  // Docker has no foreign layers with zstd; the name is made as those of its ordinary ones are.
  docker: {
    none: MEDIA_TYPE.dockerForeignLayer,
    gzip: MEDIA_TYPE.dockerForeignLayerGzip,
    zstd: `${MEDIA_TYPE.dockerForeignLayer}.zstd`,
  },
} as const;

/**
 * Gives the media type that a family has for what another media type stands for; what images know nothing of is kept.
 * Specification: OCI image-spec, media-types.md, "Compatibility Matrix".
 */
export function convertMediaType(mediaType: string, family: MediaFamily): string {
  if (family === 'keep') return mediaType;
  const kind = mediaKind(mediaType);
  const isOci = family === 'oci';
  switch (kind.kind) {
    case 'index':
      return isOci ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.dockerIndex;
    case 'manifest':
      return isOci ? MEDIA_TYPE.ociManifest : MEDIA_TYPE.dockerManifest;
    case 'config':
      return isOci ? MEDIA_TYPE.ociConfig : MEDIA_TYPE.dockerConfig;
    case 'layer':
      return (kind.isForeign ? FOREIGN_LAYERS : LAYERS)[family][kind.compression];
    case 'other':
      return mediaType;
  }
}

/** Gives the media type of a layer that is compressed otherwise than `mediaType` says, of the same family. */
export function compressedMediaType(mediaType: string, compression: LayerCompression): string {
  const family = mediaType.startsWith('application/vnd.docker.') ? 'docker' : 'oci';
  const kind = mediaKind(mediaType);
  return (kind.kind === 'layer' && kind.isForeign ? FOREIGN_LAYERS : LAYERS)[family][compression];
}
