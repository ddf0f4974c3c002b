// Makes the archives that are measured: always the same bytes.
import { createCipheriv, createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { DIST } from './dist.mjs';

const { encodeHeader, END_OF_ARCHIVE, padding } = await import(join(DIST, 'tar/write-header.js'));

const MEBIBYTE = 1024 * 1024;
const TEXT = Buffer.from('The quick brown fox jumps over the lazy dog, and the dog sleeps on. '.repeat(64));

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** A stream of noise that a seed decides. */
function noiseOf(seed) {
  const cipher = createCipheriv('aes-128-ctr', createHash('md5').update(seed).digest(), Buffer.alloc(16));
  return (bytes) => cipher.update(Buffer.alloc(bytes));
}

/** A layer of one file of noise, in pieces of 1 MiB. */
function* noiseLayer(seed, mebibytes) {
  const noise = noiseOf(seed);
  yield encodeHeader({ name: `${seed}.bin`, type: 'file', mode: 0o644, sizeBytes: mebibytes * MEBIBYTE });
  for (let left = mebibytes * MEBIBYTE; left > 0; left -= MEBIBYTE) yield noise(Math.min(left, MEBIBYTE));
  yield END_OF_ARCHIVE;
}

/** What is known of a layer of noise after it was made once; its pieces can be made again. */
export function planNoiseLayer(seed, mebibytes) {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for (const piece of noiseLayer(seed, mebibytes)) {
    hash.update(piece);
    sizeBytes += piece.length;
  }
  return { hex: hash.digest('hex'), sizeBytes, pieces: () => noiseLayer(seed, mebibytes) };
}

/**
 * A layer of small files in folders of a hundred, half noise and half text as programs are. `from` and `count` say which
 * files; `removed` names are whited out.
 */
function fileLayer(seed, from, count, removed) {
  const noise = noiseOf(seed);
  const pieces = [];
  let folder = '';
  for (let index = from; index < from + count; index++) {
    const name = fileName(index);
    const own = name.slice(0, name.lastIndexOf('/') + 1);
    if (own !== folder) pieces.push(encodeHeader({ name: own, type: 'directory', mode: 0o755, mtime: 1700000000 }));
    folder = own;
    const sizeBytes = 1024 + ((index * 977) % 6144);
    pieces.push(encodeHeader({ name, type: 'file', mode: 0o644, mtime: 1700000000, sizeBytes }));
    const half = Math.floor(sizeBytes / 2);
    pieces.push(noise(half), TEXT.subarray(0, sizeBytes - half), padding(sizeBytes));
  }
  for (const index of removed) {
    const name = fileName(index);
    const slash = name.lastIndexOf('/') + 1;
    pieces.push(encodeHeader({ name: `${name.slice(0, slash)}.wh.${name.slice(slash)}`, type: 'file', mode: 0 }));
  }
  pieces.push(END_OF_ARCHIVE);
  return Buffer.concat(pieces);
}

function fileName(index) {
  return `usr/share/things/${String(Math.floor(index / 100)).padStart(4, '0')}/file-${index}.dat`;
}

/** The layers as files of their own; gives their paths. */
export async function writeNoiseLayers(folder, layers) {
  await mkdir(folder, { recursive: true });
  const paths = [];
  for (const { hex, pieces } of layers) {
    const path = join(folder, hex);
    await writeFile(path, pieces());
    paths.push(path);
  }
  return paths;
}

/** A docker archive of one platform, layers uncompressed. */
export async function writeDockerArchive(path, architecture, layers) {
  const config = configOf(
    architecture,
    layers.map(({ hex }) => hex),
  );
  const configName = `${sha256(config)}.json`;
  const manifest = Buffer.from(
    JSON.stringify([{ Config: configName, RepoTags: ['bench:1'], Layers: layers.map(({ hex }) => `${hex}.tar`) }]),
  );
  const stream = createWriteStream(path);
  const write = async (bytes) => {
    if (!stream.write(bytes)) await once(stream, 'drain');
  };
  const writeEntry = async (name, sizeBytes, pieces) => {
    await write(encodeHeader({ name, type: 'file', mode: 0o644, sizeBytes }));
    for (const piece of pieces) await write(piece);
    await write(padding(sizeBytes));
  };
  for (const { hex, sizeBytes, pieces } of layers) await writeEntry(`${hex}.tar`, sizeBytes, pieces());
  await writeEntry(configName, config.length, [config]);
  await writeEntry('manifest.json', manifest.length, [manifest]);
  await write(END_OF_ARCHIVE);
  stream.end();
  await once(stream, 'close');
}

/**
 * An OCI layout with an index called `1`: an image per architecture, each with a layer that all share and one of its own, of
 * so many MiB of noise, gzipped without making it smaller. Gives the bytes of all blobs.
 */
export async function writeIndexLayout(folder, architectures, sharedMebibytes, ownMebibytes) {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  let totalBytes = 0;
  const put = async (mediaType, bytes) => {
    const hex = sha256(bytes);
    await writeFile(join(folder, 'blobs/sha256', hex), bytes);
    totalBytes += bytes.length;
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const putLayer = async (seed, mebibytes) => {
    const { hex, pieces } = planNoiseLayer(seed, mebibytes);
    const path = join(folder, 'layer');
    await pipeline(pieces(), createGzip({ level: 0, chunkSize: MEBIBYTE }), createWriteStream(path));
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk);
    const blob = hash.digest('hex');
    const { size } = await stat(path);
    await rename(path, join(folder, 'blobs/sha256', blob));
    totalBytes += size;
    const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
    return { hex, descriptor: { mediaType, digest: `sha256:${blob}`, size } };
  };
  const shared = await putLayer('shared', sharedMebibytes);
  const manifests = [];
  for (const architecture of architectures) {
    const layers = [shared, await putLayer(architecture, ownMebibytes)];
    const document = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: await put(
        'application/vnd.oci.image.config.v1+json',
        configOf(
          architecture,
          layers.map(({ hex }) => hex),
        ),
      ),
      layers: layers.map(({ descriptor }) => descriptor),
    };
    const descriptor = await put(document.mediaType, Buffer.from(JSON.stringify(document)));
    manifests.push({ ...descriptor, platform: { os: 'linux', architecture } });
  }
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const index = await put(mediaType, Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests })));
  const named = { ...index, annotations: { 'org.opencontainers.image.ref.name': '1' } };
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return totalBytes;
}

/**
 * An OCI layout of one image with `layerCount` gzip layers of small files: the lower ones each bring their share, the
 * last one removes some and brings others anew. Gives the paths of the layers' blobs.
 */
export async function writeFileLayout(folder, fileCount, layerCount) {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  const put = async (bytes, mediaType) => {
    const hex = sha256(bytes);
    const path = join(folder, 'blobs/sha256', hex);
    await writeFile(path, bytes);
    return { descriptor: { mediaType, digest: `sha256:${hex}`, size: bytes.length }, path };
  };
  const share = Math.floor(fileCount / layerCount);
  const diffIds = [];
  const layers = [];
  for (let layer = 0; layer < layerCount; layer++) {
    const isLast = layer === layerCount - 1;
    const removed = isLast ? Array.from({ length: Math.floor(share / 10) }, (_, index) => index * 7) : [];
    const tar = fileLayer(`layer ${layer}`, layer * share, share, removed);
    diffIds.push(sha256(tar));
    layers.push(await put(gzipSync(tar, { level: 6 }), 'application/vnd.oci.image.layer.v1.tar+gzip'));
  }
  const config = await put(configOf('amd64', diffIds), 'application/vnd.oci.image.config.v1+json');
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const document = {
    schemaVersion: 2,
    mediaType,
    config: config.descriptor,
    layers: layers.map((each) => each.descriptor),
  };
  const manifest = await put(Buffer.from(JSON.stringify(document)), mediaType);
  const named = { ...manifest.descriptor, annotations: { 'org.opencontainers.image.ref.name': '1' } };
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return layers.map(({ path }) => path);
}

function configOf(architecture, hexes) {
  const rootfs = { type: 'layers', diff_ids: hexes.map((hex) => `sha256:${hex}`) };
  return Buffer.from(JSON.stringify({ architecture, os: 'linux', config: {}, rootfs }));
}
