import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { examineBlobs } from '../../src/archive/layers/examine-blobs.ts';
import { loadImageSet } from '../../src/archive/read/load-images.ts';
import { openImageSource } from '../../src/archive/read/open.ts';
import { buildNativeTarget } from '../../src/build/native.ts';
import type { LoadedImage } from '../../src/image/image-set.ts';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { createObtain } from '../../src/prebuilt/obtain.ts';
import type { Target } from '../../src/recipe/target.ts';
import { openRegistry, type TestRegistry } from '../support/registry/open-registry.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { file, indexOf, makeFolder, makeImage, SIGNAL } from '../support/archives.ts';
import { imageBase, openStore } from '../support/image-store.ts';
import { failureOf, makeDeps } from '../support/obtain-deps.ts';
import { makeFile, makeTarget, type TargetValues } from '../support/workspace-values.ts';

const PROGRAM = { kind: 'prebuilt', program: makeFile({ type: 'content', content: 'a program\n' }) } as const;
const PLATFORMS = ['amd64', 's390x'];

interface Base {
  readonly digest: Digest;
  readonly images: readonly ReturnType<typeof makeImage>[];
}

/** Puts an index into the repository `base`, its platforms with a first layer in common. */
function seedBase(registry: TestRegistry, tag: string, text = 'ID=base\n', architectures = PLATFORMS): Base {
  const stored = registry.repository('base');
  const images = architectures.map((architecture) =>
    makeImage([[file('etc/os-release', text)], [file('bin/sh', architecture)]], architecture, { Cmd: ['/bin/sh'] }),
  );
  for (const { manifest, config, layers } of images) {
    stored.manifests.set(manifest.digest, { bytes: manifest.raw, mediaType: MEDIA_TYPE.ociManifest });
    for (const { digest, raw } of [config, ...layers]) stored.blobs.set(digest, raw);
  }
  const bytes = indexOf(images.map(({ descriptor }) => descriptor));
  stored.manifests.set(digestOf(bytes), { bytes, mediaType: MEDIA_TYPE.ociIndex });
  stored.tags.set(tag, digestOf(bytes));
  return { digest: digestOf(bytes), images };
}

/** A run of the program: builds targets one after the other with one store, and gives their archives' findings. */
async function buildAll(registry: TestRegistry, root: string, targets: readonly Target[]) {
  const { deps } = makeDeps(root);
  const images = openStore(registry, deps.cacheFolder);
  const options = { ...deps, images, obtain: createObtain({ ...deps, images }), epochSeconds: 0 };
  const built = [];
  for (const target of targets) built.push(await buildNativeTarget(target, options));
  return built;
}

const onBase = (registry: TestRegistry, name: string, more: TargetValues = {}) =>
  makeTarget({ build: PROGRAM, ...more, image: { base: imageBase(registry, name), ...more.image } });

/** The only image of an archive, all of whose blobs are what they should be. */
async function readBuilt(root: string, slug: string): Promise<LoadedImage> {
  const source = await openImageSource(join(root, `out/tool/${slug}.oci.tar`));
  onTestFinished(() => source.close());
  const { set, findings } = await loadImageSet(source);
  expect([...source.findings, ...findings]).toEqual([]);
  for (const blob of await examineBlobs(source, set, { signal: SIGNAL, onBytes: () => undefined })) {
    expect(blob).toMatchObject({ actualDigest: blob.digest, findings: [] });
  }
  const node = set.roots[0]?.node;
  if (node?.kind !== 'image') throw new Error('no image was built');
  return node;
}

const gets = (registry: TestRegistry) =>
  registry.requests.filter(({ method }) => method === 'GET').map(({ path }) => path);

test('a base by digest, for two platforms: its layers as they are, each fetched once, and never again', async () => {
  const registry = await startRegistry();
  const { digest, images } = seedBase(registry, '1');
  const root = await makeFolder();
  const targets = PLATFORMS.map((arch) => onBase(registry, `base:1@${digest}`, { platform: `linux/${arch}` }));
  const built = await buildAll(registry, root, targets);
  expect(built.map(({ findings }) => findings)).toEqual([[], []]);
  for (const [index, arch] of PLATFORMS.entries()) {
    const { manifest, config } = await readBuilt(root, `linux-${arch}`);
    expect(manifest.layers.slice(0, 2).map((layer) => layer.digest)).toEqual(
      images[index]?.layers.map((layer) => layer.digest),
    );
    expect(manifest.layers).toHaveLength(3);
    expect(config?.document.platform).toMatchObject({ arch });
    expect(JSON.parse(String(config?.raw)).config).toMatchObject({ Cmd: ['/bin/sh'] });
  }
  expect(new Set(gets(registry)).size).toBe(gets(registry).length);
  expect(gets(registry).filter((path) => path.includes('/blobs/'))).toHaveLength(5);
  expect(registry.violations).toEqual([]);

  await registry.close();
  await rm(join(root, 'out'), { recursive: true });
  const offline = await buildAll(registry, root, targets);
  expect(offline.map((each) => each.digest)).toEqual(built.map((each) => each.digest));
});

test('a base that nothing pins is what its tag was when it was first asked for, in the whole run, and is told', async () => {
  const registry = await startRegistry();
  const { digest, images } = seedBase(registry, '1');
  const later = seedBase(registry, '2', 'ID=later\n');
  registry.fail({
    path: /\/manifests\/sha256:/,
    fault: { kind: 'move-tag', tag: '1', digest: later.digest },
  });
  const root = await makeFolder();
  const targets = PLATFORMS.map((arch) => onBase(registry, 'base:1', { platform: `linux/${arch}` }));
  const note = {
    code: 'build.floating-image',
    severity: 'note',
    place: `${registry.host}/base:1`,
    text: `nothing pins it, and it was built from what it is today: ${digest}`,
    hint: `\`forkwright lock tool\` pins it; so does ${registry.host}/base:1@${digest} in the recipe`,
  };
  expect((await buildAll(registry, root, targets)).map(({ findings }) => findings)).toEqual([[note], [note]]);
  const [first] = (await readBuilt(root, 'linux-s390x')).manifest.layers;
  expect(first?.digest).toBe(images[1]?.layers[0]?.digest);
  const [next] = await buildAll(registry, root, targets);
  expect(next?.findings[0]?.text).toContain(later.digest);
});

test('the lock pins the manifest of the platform', async () => {
  const registry = await startRegistry();
  const { images } = seedBase(registry, '1');
  seedBase(registry, '1', 'ID=later\n');
  const onTarget = images[0]?.manifest.digest ?? digestOf('');
  const target = onBase(registry, 'base:1');
  const root = await makeFolder();
  const pins = { ...target.pins, images: new Map([[`${registry.host}/base:1`, { onBuilder: onTarget, onTarget }]]) };
  const [built] = await buildAll(registry, root, [{ ...target, pins }]);
  expect(built?.findings).toEqual([]);
  const [first] = (await readBuilt(root, 'linux-amd64')).manifest.layers;
  expect(first?.digest).toBe(images[0]?.layers[0]?.digest);
  expect(gets(registry).filter((path) => path.includes('/manifests/'))).toEqual([`/v2/base/manifests/${onTarget}`]);
});

test('a file out of an image of a registry', async () => {
  const registry = await startRegistry();
  const { digest } = seedBase(registry, '1');
  const program = makeFile({ type: 'image', image: imageBase(registry, `base@${digest}`), path: '/bin/sh' });
  const root = await makeFolder();
  await buildAll(registry, root, [makeTarget({ platform: 'linux/s390x', build: { kind: 'prebuilt', program } })]);
  expect((await readBuilt(root, 'linux-s390x')).manifest.layers).toHaveLength(1);
  // Of the base only the layer that has the file.
  expect(gets(registry).filter((path) => path.includes('/blobs/'))).toHaveLength(2);
});

test('a base that lacks the platform, and one whose registry lacks a part of it', async () => {
  const registry = await startRegistry();
  const { digest, images } = seedBase(registry, '1');
  const root = await makeFolder();
  const missing = onBase(registry, `base@${digest}`, { platform: 'linux/riscv64' });
  expect(await failureOf(buildAll(registry, root, [missing]))).toMatchObject({
    code: 'build.base-platform',
    message: 'the base has no image for linux/riscv64',
    place: `${registry.host}/base@${digest}`,
    hint: 'it has linux/amd64, linux/s390x',
  });
  registry.repository('base').manifests.delete(images[0]?.manifest.digest ?? digest);
  const [built] = await buildAll(registry, root, [onBase(registry, `base@${digest}`, { platform: 'linux/s390x' })]);
  expect(built?.findings).toEqual([]);
  expect(await failureOf(buildAll(registry, root, [onBase(registry, `base@${digest}`)]))).toMatchObject({
    code: 'build.base-platform',
    message: 'the base has no image for linux/amd64',
  });
});

test('an older variant of the platform will do, as it does with an engine', async () => {
  const registry = await startRegistry();
  const image = makeImage([[file('bin/sh')]], 'arm', {}, { variant: 'v5' });
  const stored = registry.repository('base');
  stored.manifests.set(image.manifest.digest, { bytes: image.manifest.raw, mediaType: MEDIA_TYPE.ociManifest });
  for (const { digest, raw } of [image.config, ...image.layers]) stored.blobs.set(digest, raw);
  const platform = { architecture: 'arm', os: 'linux', variant: 'v5' };
  const bytes = indexOf([{ ...image.descriptor, platform }]);
  stored.manifests.set(digestOf(bytes), { bytes, mediaType: MEDIA_TYPE.ociIndex });
  const root = await makeFolder();
  await buildAll(registry, root, [onBase(registry, `base@${digestOf(bytes)}`, { platform: 'linux/arm/v7' })]);
  const { config } = await readBuilt(root, 'linux-arm-v7');
  expect(config?.document.platform).toMatchObject({ arch: 'arm', variant: 'v7' });
});

test('a layer that is not what its digest says is not used and not kept', async () => {
  const registry = await startRegistry();
  const { digest, images } = seedBase(registry, '1');
  const layer = images[0]?.layers[0];
  if (layer === undefined) throw new Error('no layer');
  const stored = registry.repository('base');
  stored.blobs.set(layer.digest, Buffer.alloc(layer.sizeBytes));
  const root = await makeFolder();
  const target = onBase(registry, `base@${digest}`);
  expect(await failureOf(buildAll(registry, root, [target]))).toMatchObject({
    code: 'blob.corrupt',
    place: `${registry.host}/base@${layer.digest}`,
  });
  stored.blobs.set(layer.digest, layer.raw);
  expect(await buildAll(registry, root, [target])).toHaveLength(1);
});

test('a base with instructions for what is built from it', async () => {
  const registry = await openRegistry();
  onTestFinished(registry.close);
  const image = makeImage([[file('x')]], 'amd64', { OnBuild: ['COPY . /src'] });
  const stored = registry.repository('base');
  stored.manifests.set(image.manifest.digest, { bytes: image.manifest.raw, mediaType: MEDIA_TYPE.ociManifest });
  for (const { digest, raw } of [image.config, ...image.layers]) stored.blobs.set(digest, raw);
  const target = onBase(registry, `base@${image.manifest.digest}`);
  expect(await failureOf(buildAll(registry, await makeFolder(), [target]))).toMatchObject({
    code: 'build.on-build',
    hint: 'an engine runs them: `--builder buildx`',
  });
});

test('without a network a base that is not kept, and a name that nothing pins, cannot be had', async () => {
  const registry = await openRegistry();
  const { digest } = seedBase(registry, '1');
  await registry.close();
  const root = await makeFolder();
  for (const name of [`base@${digest}`, 'base:1']) {
    expect((await failureOf(buildAll(registry, root, [onBase(registry, name)]))).code).toMatch(/^registry\./);
  }
});
