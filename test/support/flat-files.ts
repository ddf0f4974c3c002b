import { createHash } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { FlatTar } from '../../src/archive/layers/flatten-image.ts';
import type { ImageSource } from '../../src/archive/read/image-source.ts';
import { loadImageSet } from '../../src/archive/read/load-images.ts';
import { openImageSource } from '../../src/archive/read/open.ts';
import type { LoadedImage } from '../../src/image/image-set.ts';
import { listImages } from '../../src/image/select/list-images.ts';
import { readTarStream } from '../../src/tar/read-stream.ts';
import {
  blobOf,
  describeBlob,
  indexOf,
  layoutEntries,
  makeFile,
  makeImage,
  tarOf,
  type TestEntry,
} from './archives.ts';

/** Opens an archive, and gives its first image with it. */
export async function openFirst(path: string): Promise<{ source: ImageSource; image: LoadedImage }> {
  const source = await openImageSource(path);
  onTestFinished(() => source.close());
  const [first] = listImages((await loadImageSet(source)).set);
  if (first === undefined) throw new Error(`${path} holds no image`);
  return { source, image: first.image };
}

/** Opens an image that is made of layers, as an archive in a folder that is gone after the test. */
export async function openLayers(layers: readonly (readonly TestEntry[])[], more: { readonly os?: string } = {}) {
  const image = makeImage(layers, 'amd64');
  const os = more.os ?? 'linux';
  const config = blobOf(Buffer.from(image.config.raw.toString().replace('"os":"linux"', `"os":"${os}"`)));
  const manifest = blobOf(
    Buffer.from(
      image.manifest.raw
        .toString()
        .replace(image.config.digest, config.digest)
        .replace(`"size":${image.config.sizeBytes}`, `"size":${config.sizeBytes}`),
    ),
  );
  const index = indexOf([describeBlob('application/vnd.oci.image.manifest.v1+json', manifest)]);
  const blobs = new Map([manifest, config, ...image.layers].map((blob) => [blob.digest, blob]));
  return openFirst(await makeFile(tarOf(layoutEntries(index, [...blobs.values()]))));
}

/** The bytes of a tar that is made while it is read. */
export async function bytesOf(tar: FlatTar): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of tar.bytes()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Reads a tar into lines as in zoo-1.rootfs.tsv: path, type, mode, uid, gid, size, content or target, xattrs, hardlinks. */
export async function listRootfs(bytes: Buffer): Promise<readonly string[]> {
  async function* chunks() {
    yield bytes;
  }
  const lines = new Map<string, readonly (string | number)[]>();
  for await (const { header, body } of readTarStream(chunks())) {
    const hash = createHash('sha256');
    for await (const chunk of body) hash.update(chunk);
    const path = header.name.replace(/\/$/, '');
    const { type, mode, uid, gid, sizeBytes, linkName } = header;
    const attributes = [...header.pax].filter(([key]) => key.startsWith('SCHILY.xattr.'));
    const xattrs = attributes.map(([key, value]) => `${key.slice(13)}=${value.toString('hex')}`).join(',') || '-';
    const ref = type === 'file' ? hash.digest('hex') : linkName || '-';
    const target = type === 'hardlink' ? lines.get(linkName) : undefined;
    lines.set(
      path,
      target === undefined
        ? [path, type === 'directory' ? 'dir' : type, mode.toString(8), uid, gid, sizeBytes, ref, xattrs, '-']
        : [path, ...target.slice(1, -1), linkName],
    );
  }
  return [...lines.values()].map((line) => line.join('\t')).toSorted();
}
