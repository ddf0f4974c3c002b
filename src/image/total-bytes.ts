import type { LoadedImage } from './image-set.ts';

/** Bytes that a pull of this manifest moves: itself, its config and its layers, as their descriptors say. */
export function totalBytes({ descriptor, manifest }: Pick<LoadedImage, 'descriptor' | 'manifest'>): number {
  return [manifest.config, ...manifest.layers].reduce((sum, part) => sum + part.sizeBytes, descriptor.sizeBytes);
}
