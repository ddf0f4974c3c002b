/** The media types of images. Specification: OCI image-spec media-types.md; distribution's schema 2 for Docker's. */
export const MEDIA_TYPE = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociEmpty: 'application/vnd.oci.empty.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerLayerZstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
  dockerForeignLayer: 'application/vnd.docker.image.rootfs.foreign.diff.tar',
  dockerForeignLayerGzip: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  inToto: 'application/vnd.in-toto+json',
} as const;

/** What a media type stands for, and how a layer of that type is compressed. */
export type MediaKind =
  | { readonly kind: 'index' | 'manifest'; readonly family: 'oci' | 'docker' }
  | { readonly kind: 'config' }
  | { readonly kind: 'layer'; readonly compression: 'none' | 'gzip' | 'zstd'; readonly isForeign: boolean }
  | { readonly kind: 'other' };

const NONDISTRIBUTABLE = 'application/vnd.oci.image.layer.nondistributable.v1.tar';

/** Says what a media type stands for; `other` for everything unknown, which images may carry (artifacts). */
export function mediaKind(mediaType: string): MediaKind {
  switch (mediaType) {
    case MEDIA_TYPE.ociIndex:
      return { kind: 'index', family: 'oci' };
    case MEDIA_TYPE.dockerIndex:
      return { kind: 'index', family: 'docker' };
    case MEDIA_TYPE.ociManifest:
      return { kind: 'manifest', family: 'oci' };
    case MEDIA_TYPE.dockerManifest:
      return { kind: 'manifest', family: 'docker' };
    case MEDIA_TYPE.ociConfig:
    case MEDIA_TYPE.dockerConfig:
      return { kind: 'config' };
    case MEDIA_TYPE.ociLayer:
    case MEDIA_TYPE.dockerLayer:
      return { kind: 'layer', compression: 'none', isForeign: false };
    case MEDIA_TYPE.ociLayerGzip:
    case MEDIA_TYPE.dockerLayerGzip:
      return { kind: 'layer', compression: 'gzip', isForeign: false };
    case MEDIA_TYPE.ociLayerZstd:
    case MEDIA_TYPE.dockerLayerZstd:
      return { kind: 'layer', compression: 'zstd', isForeign: false };
    case NONDISTRIBUTABLE:
    case MEDIA_TYPE.dockerForeignLayer:
      return { kind: 'layer', compression: 'none', isForeign: true };
    case `${NONDISTRIBUTABLE}+gzip`:
    case MEDIA_TYPE.dockerForeignLayerGzip:
      return { kind: 'layer', compression: 'gzip', isForeign: true };
    case `${NONDISTRIBUTABLE}+zstd`:
      return { kind: 'layer', compression: 'zstd', isForeign: true };
    default:
      return { kind: 'other' };
  }
}
