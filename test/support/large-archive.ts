import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { blobOf, describeBlob, file, indexOf, layoutEntries, tarOf } from './archives.ts';

/** An OCI archive of one image with two layers; `sizeBytes` is that of the file `/large`, which cannot be compressed. */
export function makeArchive(sizeBytes: number): {
  readonly tar: Buffer;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Names of the blobs of the layers: the one that has the large file, and one above it. */
  readonly layers: readonly string[];
} {
  const layers = [tarOf([file('large', randomBytes(sizeBytes))]), tarOf([file('small', 'x')])].map(blobOf);
  const config = blobOf({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  });
  const manifest = blobOf({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: describeBlob(MEDIA_TYPE.ociConfig, config),
    layers: layers.map((layer) => describeBlob(MEDIA_TYPE.ociLayer, layer)),
  });
  const index = indexOf([
    describeBlob(MEDIA_TYPE.ociManifest, manifest, {
      annotations: { 'io.containerd.image.name': 'docker.io/library/zoo:1', 'org.opencontainers.image.ref.name': '1' },
    }),
  ]);
  const entries = layoutEntries(index, [manifest, config, ...layers]);
  return {
    tar: tarOf(entries),
    files: new Map(entries.map(({ name, data }) => [name, data ?? new Uint8Array()])),
    layers: layers.map(({ digest }) => `blobs/${digest.replace(':', '/')}`),
  };
}

/** Writes files below a folder. */
export async function writeFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const [name, data] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), data);
  }
}
