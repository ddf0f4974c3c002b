import { isAttestation } from '../oci/descriptor.ts';
import { mediaKind } from '../oci/media-type.ts';
import type { LoadedImage } from './image-set.ts';

/**
 * What a manifest stands for: something to run, BuildKit's statement about another manifest, or anything else that is
 * kept in image manifests (signatures, charts).
 */
export type ImageKind = 'image' | 'attestation' | 'artifact';

/**
 * Tells images, attestations and artifacts apart. The config's media type alone does not: cosign's signatures and
 * attestations that lost their annotations carry an image config, but no layer of files.
 */
export function imageKind({ descriptor, manifest }: Pick<LoadedImage, 'descriptor' | 'manifest'>): ImageKind {
  if (isAttestation(descriptor)) return 'attestation';
  if (mediaKind(manifest.config.mediaType).kind !== 'config') return 'artifact';
  const { layers } = manifest;
  return layers.length === 0 || layers.some((layer) => mediaKind(layer.mediaType).kind === 'layer')
    ? 'image'
    : 'artifact';
}
