import { stat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import { expect, test } from 'vitest';
import { writeImageLayout } from '../../src/archive/write/write-layout.ts';
import { buildNative, type NativeOptions } from '../../src/build/native.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { createObtain } from '../../src/prebuilt/obtain.ts';
import type { Target } from '../../src/recipe/target.ts';
import {
  blobOf,
  describeBlob,
  file,
  folder,
  indexOf,
  layoutOf,
  link,
  makeFolder,
  makeImage,
  SIGNAL,
} from '../support/archives.ts';
import { runInProcess } from '../support/context.ts';
import { failureOf, makeDeps, NO_IMAGES } from '../support/obtain-deps.ts';
import { readTar } from '../support/tar-files.ts';
import { GO_BUILD, makeFile, makeTarget } from '../support/workspace-values.ts';

const PROGRAM = makeFile({ type: 'content', content: 'a program\n' });
const CONFIG_FILE = makeFile(
  { type: 'content', content: 'x = 1\n' },
  { to: '/etc/tool.conf', mode: 0o640, uid: 7, gid: 8 },
);

async function build(target: Target, root: string, more: Partial<NativeOptions> = {}) {
  const { deps } = makeDeps(root);
  const output = join(root, 'out.oci.tar');
  const built = await buildNative(target, {
    root,
    output,
    cacheFolder: join(root, 'cache'),
    epochSeconds: 0,
    obtain: createObtain({ ...deps, images: more.images ?? NO_IMAGES }),
    images: NO_IMAGES,
    signal: SIGNAL,
    ...more,
  });
  return { built, bytes: await readFile(output), ...(await readImage(output)) };
}

/** Reads an archive of one image by a library that is not ours, and holds each blob to its name. */
async function readImage(path: string) {
  const files = await readTar(path);
  for (const [name, bytes] of files) {
    if (name.startsWith('blobs/')) expect(digestOf(bytes)).toBe(name.slice('blobs/'.length).replace('/', ':'));
  }
  const read = (digest: string) => files.get(`blobs/${digest.replace(':', '/')}`) ?? Buffer.alloc(0);
  const index = JSON.parse(String(files.get('index.json')));
  const manifest = JSON.parse(String(read(index.manifests[0].digest)));
  const config = JSON.parse(String(read(manifest.config.digest)));
  const top = manifest.layers.at(-1);
  const layer = top === undefined ? [] : await unpackTar(gunzipSync(read(top.digest)));
  return { index, manifest, config, layer: new Map(layer.map((entry) => [entry.header.name, entry])) };
}

test('an image on scratch: platform, config, and the files with the modes and owners of the recipe', async () => {
  const target = makeTarget({
    platform: 'linux/arm/v7',
    build: { kind: 'prebuilt', program: PROGRAM },
    image: { files: [CONFIG_FILE], entrypoint: ['/bin/tool'], workdir: '/work' },
  });
  const root = await makeFolder();
  const { built, index, manifest, config, layer } = await build(target, root);
  expect(index.manifests).toEqual([
    {
      mediaType: MEDIA_TYPE.ociManifest,
      digest: built.digest,
      size: expect.any(Number),
      platform: { architecture: 'arm', os: 'linux', variant: 'v7' },
    },
  ]);
  expect(manifest.layers).toHaveLength(1);
  expect(config).toMatchObject({
    architecture: 'arm',
    variant: 'v7',
    created: '1970-01-01T00:00:00Z',
    config: { Entrypoint: ['/bin/tool'], WorkingDir: '/work' },
    history: [{ created_by: 'COPY /bin/tool /etc/tool.conf' }],
  });
  const headers = [...layer].map(([name, { header }]) => [
    name,
    header.mode,
    header.uid,
    header.gid,
    header.mtime?.getTime(),
  ]);
  expect(headers).toEqual([
    ['bin/', 0o755, 0, 0, 0],
    ['bin/tool', 0o755, 0, 0, 0],
    ['etc/', 0o755, 0, 0, 0],
    ['etc/tool.conf', 0o640, 7, 8, 0],
    ['work/', 0o755, 0, 0, 0],
  ]);
  expect(built.sizeBytes).toBe((await stat(join(root, 'out.oci.tar'))).size);
  expect(await runInProcess(['verify', 'out.oci.tar'], { cwd: root })).toMatchObject({ exitCode: 0 });
});

test('the archive is the same, byte for byte, with another cache, time zone, umask and folder', async () => {
  const target = makeTarget({ build: { kind: 'prebuilt', program: PROGRAM }, image: { files: [CONFIG_FILE] } });
  const first = await build(target, await makeFolder());
  const elsewhere = await makeFolder();
  const before = { umask: process.umask(0o077), cwd: process.cwd(), zone: process.env['TZ'] };
  try {
    process.env['TZ'] = 'Pacific/Chatham';
    process.chdir(elsewhere);
    const second = await build(target, elsewhere);
    const third = await build(target, elsewhere);
    expect(second.bytes.equals(first.bytes)).toBe(true);
    expect(third.bytes.equals(first.bytes)).toBe(true);
  } finally {
    process.umask(before.umask);
    process.chdir(before.cwd);
    process.env['TZ'] = before.zone;
  }
});

test('SOURCE_DATE_EPOCH is the time of everything', async () => {
  const target = makeTarget({ build: { kind: 'prebuilt', program: PROGRAM } });
  const { config, layer } = await build(target, await makeFolder(), { epochSeconds: 1_700_000_000 });
  expect(config.created).toBe('2023-11-14T22:13:20Z');
  expect(config.history.map((entry: { created: string }) => entry.created)).toEqual(['2023-11-14T22:13:20Z']);
  for (const { header } of layer.values()) expect(header.mtime?.getTime()).toBe(1_700_000_000_000);
});

test('an image without files has no layer', async () => {
  const { manifest, config } = await build(makeTarget(), await makeFolder());
  expect(manifest.layers).toEqual([]);
  expect(config.rootfs).toEqual({ type: 'layers', diff_ids: [] });
});

test('a work folder alone is a layer too', async () => {
  const { config, layer } = await build(makeTarget({ image: { workdir: '/work' } }), await makeFolder());
  expect([...layer.keys()]).toEqual(['work/']);
  expect(config.history).toMatchObject([{ created_by: 'WORKDIR /work' }]);
});

const BASE_LAYERS = [
  [
    folder('usr/'),
    folder('usr/bin/'),
    link('symlink', 'bin', 'usr/bin'),
    file('usr/bin/sh', 'a shell', { mode: 0o755 }),
  ],
  [folder('etc/'), file('etc/os-release', 'ID=base\n')],
];

async function makeBase(root: string, indexJson: Buffer | null = null) {
  const images = ['amd64', 's390x'].map((arch) =>
    makeImage(BASE_LAYERS, arch, {
      Env: ['PATH=/bin', 'A=1', 'PATH=/usr/bin'],
      Cmd: ['/bin/sh'],
      Labels: { from: arch },
      ArgsEscaped: true,
    }),
  );
  const layout = layoutOf(images);
  const plan = indexJson === null ? layout : { ...layout, indexJson };
  await writeImageLayout(join(root, 'base.tar'), plan, { signal: SIGNAL, onBytes: () => undefined });
  return images;
}

const ON_BASE = {
  build: { kind: 'prebuilt' as const, program: PROGRAM },
  image: { base: { type: 'archive' as const, path: 'base.tar' }, env: [{ name: 'A', value: '2' }] },
};

test.each(['amd64', 's390x'])('a base that is an archive of two platforms: %s is inherited as it is', async (arch) => {
  const root = await makeFolder();
  const base = (await makeBase(root)).find(({ descriptor }) => JSON.stringify(descriptor).includes(`"${arch}"`));
  const { manifest, config, layer } = await build(makeTarget({ platform: `linux/${arch}`, ...ON_BASE }), root);
  expect(manifest.layers.slice(0, 2)).toEqual(base?.layers.map((blob) => describeBlob(MEDIA_TYPE.ociLayerGzip, blob)));
  expect(config.rootfs.diff_ids.slice(0, 2)).toEqual(base?.diffIds);
  expect(config.rootfs.diff_ids).toHaveLength(3);
  expect(config.config).toEqual({
    Env: ['PATH=/usr/bin', 'A=2'],
    Cmd: ['/bin/sh'],
    Labels: { from: arch },
    ArgsEscaped: true,
  });
  // /bin is a link to usr/bin in the base, and stays one.
  expect([...layer.keys()]).toEqual(['usr/bin/tool']);
  expect(await runInProcess(['verify', 'out.oci.tar'], { cwd: root })).toMatchObject({ exitCode: 0 });
});

test('a base of another platform, and one that has the platform twice', async () => {
  const root = await makeFolder();
  const [image] = await makeBase(root);
  expect(await failureOf(build(makeTarget({ platform: 'linux/riscv64', ...ON_BASE }), root))).toMatchObject({
    code: 'build.base-platform',
    message: 'the base has no image for linux/riscv64',
    place: 'base.tar',
    hint: 'it has linux/amd64, linux/s390x',
  });
  const other = makeImage([[file('x')]]);
  if (image === undefined) throw new Error('no base was made');
  await writeImageLayout(join(root, 'base.tar'), layoutOf([image, other]), {
    signal: SIGNAL,
    onBytes: () => undefined,
  });
  expect(await failureOf(build(makeTarget(ON_BASE), root))).toMatchObject({
    code: 'build.base-platform',
    message: 'the base has 2 images for linux/amd64',
  });
});

test('layers of a Docker manifest get their OCI names, and keep their bytes', async () => {
  const root = await makeFolder();
  const image = makeImage([[file('x', 'y')]]);
  const manifest = blobOf({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.dockerManifest,
    config: describeBlob(MEDIA_TYPE.dockerConfig, image.config),
    layers: image.layers.map((blob) => describeBlob(MEDIA_TYPE.dockerLayerGzip, blob)),
  });
  const plan = {
    indexJson: indexOf([describeBlob(MEDIA_TYPE.dockerManifest, manifest)]),
    blobs: [manifest, image.config, ...image.layers],
    dockerManifest: null,
  };
  await writeImageLayout(join(root, 'base.tar'), plan, { signal: SIGNAL, onBytes: () => undefined });
  const built = await build(makeTarget(ON_BASE), root);
  expect(built.manifest.layers[0]).toEqual(describeBlob(MEDIA_TYPE.ociLayerGzip, image.layers[0] ?? blobOf({})));
  expect(await runInProcess(['verify', 'out.oci.tar'], { cwd: root })).toMatchObject({ exitCode: 0 });
});

test('a base that is broken, or not there', async () => {
  const root = await makeFolder();
  expect(await failureOf(build(makeTarget(ON_BASE), root))).toMatchObject({ code: 'archive.not-found' });
  await makeBase(root, indexOf([]));
  expect(await failureOf(build(makeTarget(ON_BASE), root))).toMatchObject({ code: 'build.base-platform' });
});

test('what has to be run needs an engine', async () => {
  expect(await failureOf(build(makeTarget({ build: GO_BUILD }), await makeFolder()))).toMatchObject({
    code: 'build.needs-engine',
    message: 'tool on linux-amd64 needs a build engine: its program is built from source (go)',
  });
});

test('an interrupted build leaves nothing', async () => {
  const root = await makeFolder();
  const target = makeTarget({ build: { kind: 'prebuilt', program: PROGRAM } });
  await expect(build(target, root, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  await expect(stat(join(root, 'out.oci.tar'))).rejects.toThrow('ENOENT');
});
