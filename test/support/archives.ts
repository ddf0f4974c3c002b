import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import type { LayoutBlob, LayoutPlan } from '../../src/archive/write/write-layout.ts';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { encodeHeader, END_OF_ARCHIVE, padding, type TarEntryInput } from '../../src/tar/write-header.ts';

export const SIGNAL: AbortSignal = new AbortController().signal;

/** The path of an archive made by a real tool. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/archives/${name}`, import.meta.url));
}

/** A folder that is gone after the test. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'forkwright-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes bytes to a file in a folder that is gone after the test, and gives its path. */
export async function makeFile(bytes: Uint8Array, name = 'test.tar'): Promise<string> {
  const path = join(await makeFolder(), name);
  await writeFile(path, bytes);
  return path;
}

/** An entry of a test's tar; a text is a file of mode 0644. */
export type TestEntry = TarEntryInput & { readonly data?: Uint8Array };

export function file(name: string, data: Uint8Array | string = '', more: Partial<TestEntry> = {}): TestEntry {
  const bytes = Buffer.from(data);
  return { name, type: 'file', mode: 0o644, sizeBytes: bytes.length, data: bytes, ...more };
}

export function link(type: 'symlink' | 'hardlink', name: string, linkName: string): TestEntry {
  return { name, type, mode: 0o777, linkName };
}

export function folder(name: string): TestEntry {
  return { name, type: 'directory', mode: 0o755 };
}

/** The entry's blocks, data and padding. */
export function encodeEntry(entry: TestEntry): Buffer {
  const data = Buffer.from(entry.data ?? '');
  return Buffer.concat([encodeHeader(entry), data, padding(data.length)]);
}

export function tarOf(entries: readonly TestEntry[]): Buffer {
  return Buffer.concat([...entries.map(encodeEntry), END_OF_ARCHIVE]);
}

export interface TestBlob extends LayoutBlob {
  readonly raw: Buffer;
}

/** A blob of some bytes, or of a document as JSON. */
export function blobOf(content: Uint8Array | object): TestBlob {
  const raw = Buffer.from(content instanceof Uint8Array ? content : JSON.stringify(content));
  return { digest: digestOf(raw), sizeBytes: raw.length, raw, bytes: () => chunksOf(raw) };
}

/** Bytes as a stream, in chunks of a length. */
export async function* chunksOf(bytes: Uint8Array, length = Infinity): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += length) yield bytes.subarray(start, start + length);
}

export function describeBlob(mediaType: string, { digest, sizeBytes }: TestBlob, more: object = {}): object {
  return { mediaType, digest, size: sizeBytes, ...more };
}

/** A whole image of one platform with a gzipped layer per list of entries. */
export function makeImage(
  layers: readonly (readonly TestEntry[])[],
  architecture = 'amd64',
  config: object = {},
  more: object = {},
) {
  const tars = layers.map(tarOf);
  const diffIds: readonly Digest[] = tars.map(digestOf);
  const layerBlobs = tars.map((tar) => blobOf(gzipSync(tar)));
  const configBlob = blobOf({
    architecture,
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: diffIds },
    ...more,
  });
  const manifest = blobOf({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: describeBlob(MEDIA_TYPE.ociConfig, configBlob),
    layers: layerBlobs.map((blob) => describeBlob(MEDIA_TYPE.ociLayerGzip, blob)),
  });
  const descriptor = describeBlob(MEDIA_TYPE.ociManifest, manifest, { platform: { architecture, os: 'linux' } });
  return {
    manifest,
    config: configBlob,
    layers: layerBlobs,
    diffIds,
    descriptor,
    blobs: [manifest, configBlob, ...layerBlobs],
  };
}

/** The bytes of index.json, or of an index. */
export function indexOf(manifests: readonly object[], more: object = {}): Buffer {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests, ...more }));
}

/** A layout with one index over some images, as `assemble` writes it. */
export function layoutOf(images: readonly ReturnType<typeof makeImage>[]): LayoutPlan {
  const index = blobOf(indexOf(images.map(({ descriptor }) => descriptor)));
  const blobs = new Map([index, ...images.flatMap((image) => image.blobs)].map((blob) => [blob.digest, blob]));
  return {
    indexJson: indexOf([describeBlob(MEDIA_TYPE.ociIndex, index)]),
    blobs: [...blobs.values()],
    dockerManifest: null,
  };
}

/** A tar of a layout, for tests that need one that is not sound. */
export function layoutEntries(indexJson: Uint8Array, blobs: readonly TestBlob[]): readonly TestEntry[] {
  return [
    file('oci-layout', '{"imageLayoutVersion":"1.0.0"}'),
    file('index.json', indexJson),
    ...blobs.map(({ digest, raw }) => file(`blobs/${digest.replace(':', '/')}`, raw)),
  ];
}
