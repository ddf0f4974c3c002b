import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { ImageSource } from '../../../src/archive/read/image-source.ts';
import { loadImageSet } from '../../../src/archive/read/load-images.ts';
import { openImageSource } from '../../../src/archive/read/open.ts';
import { ForkwrightError } from '../../../src/errors.ts';
import { parsePlatform } from '../../../src/platform/parse.ts';
import { planPush, type PushPlan } from '../../../src/registry/push/plan-push.ts';
import { groupTargets, parsePushReference } from '../../../src/registry/push/push-destination.ts';
import { performPush, preparePush } from '../../../src/registry/push/push-image.ts';
import { choosePushRoots } from '../../../src/registry/push/push-roots.ts';
import { fixture, makeFolder, SIGNAL } from '../../support/archives.ts';
import { openRepositories } from '../../support/registry-client.ts';
import { openRegistry, type TestRegistry } from '../../support/registry/open-registry.ts';
import { seedFromLayout } from '../../support/registry/seed-from-layout.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import { transientFaults } from '../../support/registry/transient-faults.ts';

const INDEX = fixture('buildx-oci-multi-attested.tar');

async function open(path: string): Promise<ImageSource> {
  const source = await openImageSource(path);
  onTestFinished(() => source.close());
  return source;
}

async function planOf(source: ImageSource, platform: string | null = null): Promise<PushPlan> {
  const { set } = await loadImageSet(source);
  const wanted = platform === null ? null : parsePlatform(platform);
  return planPush(choosePushRoots(set, { chosen: null, platform: wanted }), {
    source: source.name,
    has: (digest) => source.blob(digest) !== undefined,
    sendsForeign: false,
  });
}

/** Pushes to names without the registry's host: `tools/zoo:1`. */
async function push(registry: TestRegistry, source: ImageSource, names: readonly string[], platform?: string) {
  const repository = openRepositories(registry);
  const plan = await planOf(source, platform);
  const targets = groupTargets(names.map((name) => parsePushReference(`${registry.host}/${name}`)));
  const prepared = await preparePush(plan, source, targets, {
    open: (target) => repository(target.repository),
    known: new Map(),
    signal: SIGNAL,
  });
  const sizes: number[] = [];
  const transferred = await performPush(prepared, source, {
    signal: SIGNAL,
    onBytes: (bytes) => void sizes.push(bytes),
  });
  return { plan, transferred, sentBytes: sizes.reduce((sum, size) => sum + size, 0) };
}

function expectWhole(registry: TestRegistry): void {
  expect(registry.checkIntegrity()).toEqual([]);
  expect(registry.violations).toEqual([]);
}

const callsOf = (registry: TestRegistry) => registry.requests.map(({ method, path }) => `${method} ${path}`);

test('an attested index goes whole into two repositories, its blobs sent once, tags last', async () => {
  const registry = await startRegistry();
  const source = await open(INDEX);
  const { plan, transferred, sentBytes } = await push(registry, source, ['tools/zoo:1', 'tools/zoo:latest', 'zoo:1']);
  expectWhole(registry);
  const { digest, bytes } = plan.root;
  expect(registry.repository('tools/zoo').manifests.get(digest)?.bytes.equals(bytes)).toBe(true);
  expect([...registry.repository('tools/zoo').tags]).toEqual([
    ['1', digest],
    ['latest', digest],
  ]);
  expect([...registry.repository('zoo').tags]).toEqual([['1', digest]]);
  expect(registry.repository('zoo').manifests.size).toBe(plan.levels.flat().length);
  const outcomes = (name: string) =>
    new Set(transferred.filter(({ repository }) => repository === name).map(({ outcome }) => outcome));
  expect([outcomes('tools/zoo'), outcomes('zoo')]).toEqual([new Set(['sent']), new Set(['mounted'])]);
  expect(sentBytes).toBe(plan.blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const calls = callsOf(registry).filter((call) => !/^(?:HEAD|GET)/.test(call));
  expect(calls.slice(-3).toSorted()).toEqual([
    'PUT /v2/tools/zoo/manifests/1',
    'PUT /v2/tools/zoo/manifests/latest',
    'PUT /v2/zoo/manifests/1',
  ]);
});

test('a second push asks once for each blob and manifest, and changes nothing', async () => {
  const registry = await startRegistry();
  const source = await open(INDEX);
  const { plan } = await push(registry, source, ['zoo:1']);
  const before = registry.requests.length;
  const { transferred } = await push(registry, source, ['zoo:1']);
  // The client first looks how it gets in.
  const calls = callsOf(registry)
    .slice(before)
    .filter((call) => call !== 'GET /v2/');
  expect(transferred).toEqual([]);
  expect(calls.filter((call) => !call.startsWith('HEAD '))).toEqual([]);
  expect(calls.length).toBe(plan.blobs.length + plan.levels.flat().length);
  expect(new Set(calls).size).toBe(calls.length);
  expectWhole(registry);
});

test('another tag of what is there costs one request more than asking', async () => {
  const registry = await startRegistry();
  const source = await open(INDEX);
  await push(registry, source, ['zoo:1']);
  const before = registry.requests.length;
  await push(registry, source, ['zoo:1', 'zoo:2']);
  // The client first looks how it gets in.
  const calls = callsOf(registry)
    .slice(before)
    .filter((call) => call !== 'GET /v2/');
  expect(calls.filter((call) => !call.startsWith('HEAD '))).toEqual([
    'PUT /v2/zoo/manifests/2',
    'GET /v2/zoo/manifests/2',
  ]);
  expectWhole(registry);
});

test('a part of an index: the image with its attestation, in an index of their own', async () => {
  const registry = await startRegistry();
  const { plan } = await push(registry, await open(INDEX), ['zoo:1'], 'linux/arm64');
  expect(plan.levels.flat().map(({ title }) => title)).toEqual([
    'linux/arm64',
    'the attestation of linux/arm64',
    'the index',
  ]);
  expectWhole(registry);
});

test('by its digest alone: no tag is written', async () => {
  const registry = await startRegistry();
  const source = await open(fixture('buildx-oci.tar'));
  const { root } = await planOf(source);
  await push(registry, source, [`zoo@${root.digest}`]);
  expect(registry.repository('zoo').tags.size).toBe(0);
  expect(registry.repository('zoo').manifests.has(root.digest)).toBe(true);
  expectWhole(registry);
});

test.each([
  'docker-20.10-save.tar',
  'docker-28-overlay2-save.tar',
  'skopeo-docker-archive.tar',
  'podman-save-docker-archive.tar',
  'nix-stream-layered.tar',
  'crane-oci-layout',
])('%s has, or gets, manifests that a registry takes', async (name) => {
  const registry = await startRegistry();
  await push(registry, await open(fixture(name)), ['zoo:1']);
  expectWhole(registry);
});

test('two registries get the same', async () => {
  const [one, other] = [await startRegistry(), await startRegistry()];
  const source = await open(INDEX);
  const plan = await planOf(source);
  const names = [`${one.host}/a:1`, `${other.host}/b:1`];
  const openOne = openRepositories(one);
  const openOther = openRepositories(other);
  const prepared = await preparePush(plan, source, groupTargets(names.map(parsePushReference)), {
    open: ({ registry, repository }) => (registry === one.host ? openOne : openOther)(repository),
    known: new Map(),
    signal: SIGNAL,
  });
  await performPush(prepared, source, { signal: SIGNAL, onBytes: () => undefined });
  for (const registry of [one, other]) expectWhole(registry);
  expect([one.repository('a').blobs.size, other.repository('b').blobs.size]).toEqual([
    plan.blobs.length,
    plan.blobs.length,
  ]);
});

test('a sparse archive is pushed where the registry has the rest, and else nothing is sent', async () => {
  const registry = await startRegistry();
  const sparse = await open(fixture('docker-26-containerd-save-sparse.tar'));
  await expect(push(registry, sparse, ['zoo:1'])).rejects.toMatchObject({
    code: 'push.absent',
    hint: 'push a part of it with --platform, or save it again with everything in it',
  });
  expect(callsOf(registry).filter((call) => /^(?:PUT|POST|PATCH)/.test(call))).toEqual([]);
  const part = await push(registry, sparse, ['part:1'], 'linux/amd64');
  expect(part.plan.levels.flat().map(({ title }) => title)).toEqual(['linux/amd64']);
  const { plan } = await push(registry, await open(INDEX), ['zoo:1']);
  const same = await push(registry, sparse, ['zoo:2']);
  expect(same.plan.root.digest).toBe(plan.root.digest);
  expect([...registry.repository('zoo').tags.keys()]).toEqual(['1', '2']);
  expectWhole(registry);
});

test.each([true, false])(
  'a damaged blob ends the push before any manifest is written; the registry hashes: %s',
  async (hashesBlobs) => {
    const registry = await startRegistry({ hashesBlobs });
    const folder = await makeFolder();
    const path = join(folder, 'damaged.tar');
    const bytes = await readFile(INDEX);
    const plan = await planOf(await open(INDEX));
    const layer = (await open(INDEX)).blob(
      plan.blobs.find(({ title }) => title.startsWith('layer 2'))?.digest ?? plan.root.digest,
    );
    const at = (layer?.offset ?? 0) + 100;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    await writeFile(path, bytes);
    await expect(push(registry, await open(path), ['zoo:1'])).rejects.toMatchObject({
      code: 'blob.corrupt',
      message: expect.stringMatching(/^layer 2 of 2 of linux\/\w+ is damaged: its bytes have the digest sha256:/),
      place: `${path}: ${layer?.name}`,
    });
    expect(registry.repository('zoo').manifests.size).toBe(0);
    expect(registry.repository('zoo').blobs.has(layer?.digest ?? plan.root.digest)).toBe(!hashesBlobs);
  },
);

test('a registry that has lost a blob gets it again', async () => {
  const registry = await startRegistry();
  const fault = { kind: 'status', status: 400, code: 'MANIFEST_BLOB_UNKNOWN' } as const;
  registry.fail({ method: 'PUT', path: /\/manifests\/1$/, fault });
  registry.fail({ method: 'PUT', path: /\/manifests\/sha256:/, fault });
  const { plan } = await push(registry, await open(INDEX), ['zoo:1']);
  expect(registry.repository('zoo').tags.get('1')).toBe(plan.root.digest);
  expect(registry.checkIntegrity()).toEqual([]);
});

test('a registry that goes on missing it ends the push without a tag', async () => {
  const registry = await startRegistry();
  const fault = { kind: 'status', status: 400, code: 'MANIFEST_BLOB_UNKNOWN' } as const;
  registry.fail({ method: 'PUT', path: /\/manifests\/sha256:/, times: Infinity, fault });
  await expect(push(registry, await open(INDEX), ['zoo:1'])).rejects.toMatchObject({ code: 'registry.incomplete' });
  expect(registry.repository('zoo').tags.size).toBe(0);
});

test('a tag that somebody moves right after it was written', async () => {
  const registry = await startRegistry();
  const other = await seedFromLayout(registry.repository('zoo'), fixture('buildx-oci.tar'), 'other');
  const fault = { kind: 'move-tag', tag: '1', digest: other } as const;
  registry.fail({ method: 'GET', path: /\/manifests\/1$/, fault });
  const source = await open(INDEX);
  const { root } = await planOf(source);
  await expect(push(registry, source, ['zoo:1'])).rejects.toMatchObject({
    code: 'push.tag-moved',
    message: `the tag points to ${other}, ${root.digest} was pushed`,
    place: `${registry.host}/zoo:1`,
  });
});

test('under any transient faults a push ends with the right content, or with an error and no tag on less', async () => {
  const source = await open(fixture('buildx-oci-linux-amd64-attested.tar'));
  const plan = await planOf(source);
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.constantFrom(0.05, 0.3, 0.7), async (seed, rate) => {
      const registry = await openRegistry();
      try {
        registry.fail(transientFaults(seed, rate));
        const failure = await push(registry, source, ['a:1', 'a:2', 'b:1']).then(
          () => null,
          (error: unknown) => error,
        );
        expect(registry.checkIntegrity()).toEqual([]);
        const tags = [registry.repository('a'), registry.repository('b')].flatMap((each) => [...each.tags.values()]);
        expect(new Set(tags).size <= 1 && (tags[0] ?? plan.root.digest) === plan.root.digest).toBe(true);
        if (failure === null) expect(tags).toHaveLength(3);
        else expect(failure).toBeInstanceOf(ForkwrightError);
        outcomes.add(failure === null ? 'pushed' : 'failed');
      } finally {
        await registry.close();
      }
    }),
    { numRuns: 6 },
  );
  expect(outcomes).toContain('pushed');
});
