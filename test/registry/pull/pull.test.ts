import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { examineBlobs } from '../../../src/archive/layers/examine-blobs.ts';
import { loadImageSet } from '../../../src/archive/read/load-images.ts';
import { openImageSource } from '../../../src/archive/read/open.ts';
import { ForkwrightError } from '../../../src/errors.ts';
import { planLayoutEntries } from '../../../src/image/convert/plan-layout-entries.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { parsePlatform } from '../../../src/platform/parse.ts';
import { planPull } from '../../../src/registry/pull/plan-pull.ts';
import { pullArchive } from '../../../src/registry/pull/pull-archive.ts';
import { finishLayout, stageImage } from '../../../src/registry/pull/pull-image.ts';
import { claimStaging } from '../../../src/registry/pull/pull-staging.ts';
import { openRegistrySource } from '../../../src/registry/source/registry-source.ts';
import { fixture, makeFolder, SIGNAL } from '../../support/archives.ts';
import { openRepositories } from '../../support/registry-client.ts';
import { openRegistry, type TestRegistry } from '../../support/registry/open-registry.ts';
import { seedFromLayout } from '../../support/registry/seed-from-layout.ts';
import { seededImage, seedRepository, type SeededImage } from '../../support/registry/seeded-image.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import { transientFaults } from '../../support/registry/transient-faults.ts';

const INDEX = fixture('buildx-oci-multi-attested.tar');

interface PullOptions {
  readonly platform?: string;
  readonly takesReferrers?: boolean;
  readonly signal?: AbortSignal;
  /** Told of the bytes that have arrived. */
  readonly onBytes?: (bytes: number) => void;
}

/** Pulls `zoo:1` into an archive or a folder, and gives how many bytes were there before. */
async function pull(registry: TestRegistry, output: string, options: PullOptions = {}): Promise<number> {
  const { signal = SIGNAL, onBytes = () => undefined, takesReferrers = false } = options;
  const platform = options.platform === undefined ? null : parsePlatform(options.platform);
  const repository = openRepositories(registry, { signal })('zoo');
  const reference = parseReference(`${registry.host}/zoo:1`);
  const source = await openRegistrySource(repository, reference, { name: 'zoo:1', signal, platform, takesReferrers });
  const { set } = await loadImageSet(source);
  const plan = planPull(set, platform, (digest) => source.blob(digest) !== undefined);
  let held = 0;
  const onStart = (heldBytes: number) => void (held = heldBytes);
  const fetching = { signal, startFetchThread: null, onStart, onBytes };
  if (output.endsWith('.tar')) await pullArchive(repository, planLayoutEntries(plan.graph, null), output, fetching);
  else await finishLayout(await stageImage(repository, plan, output, { ...fetching, isResult: true }), output);
  return held;
}

/** The digest of the root of an archive whose every blob is what it should be. */
async function digestOfWhole(path: string): Promise<Digest | undefined> {
  const source = await openImageSource(path);
  onTestFinished(() => source.close());
  const { set, findings } = await loadImageSet(source);
  expect([...source.findings, ...findings]).toEqual([]);
  // Noise instead of tars: only the digests are looked at.
  for (const { digest, actualDigest } of await examineBlobs(source, set, {
    signal: SIGNAL,
    onBytes: () => undefined,
  })) {
    expect(actualDigest).toBe(digest);
  }
  return source.roots[0]?.descriptor.digest;
}

async function stagingOf(folder: string): Promise<string> {
  const [name, ...others] = (await readdir(folder)).filter((entry) => entry.includes('.pull.'));
  expect(others).toEqual([]);
  return join(folder, name ?? 'no staging folder');
}

/** As if the process that made it were gone. */
async function abandon(folder: string): Promise<void> {
  const path = await stagingOf(folder);
  await rename(path, path.replace(`.${process.pid}.`, '.4194304.'));
}

async function startWith(image: SeededImage): Promise<TestRegistry> {
  const registry = await startRegistry();
  seedRepository(registry.repository('zoo'), image, '1');
  return registry;
}

test.each(['out', 'out.tar'])('an attested index becomes %s, whole and under its name', async (name) => {
  const registry = await startRegistry();
  const digest = await seedFromLayout(registry.repository('zoo'), INDEX, '1');
  const folder = await makeFolder();
  expect(await pull(registry, join(folder, name))).toBe(0);
  expect(await readdir(folder)).toEqual([name]);
  expect(await digestOfWhole(join(folder, name))).toBe(digest);
  const source = await openImageSource(join(folder, name));
  expect(source.roots[0]?.names).toEqual([`${registry.host}/zoo:1`]);
  await source.close();
  expect(registry.violations).toEqual([]);
});

test('a layout that was there is replaced', async () => {
  const registry = await startWith(seededImage({ layers: [1000, 2000] }));
  const folder = await makeFolder();
  await pull(registry, join(folder, 'out'));
  const other = seededImage({ seed: 5 });
  seedRepository(registry.repository('zoo'), other, '1');
  await pull(registry, join(folder, 'out'));
  expect(await digestOfWhole(join(folder, 'out'))).toBe(other.digest);
  expect(await readdir(folder)).toEqual(['out']);
});

test('what has arrived when a pull is ended is not fetched again', async () => {
  const image = seededImage({ layers: [500_000, 300_000, 1000] });
  const registry = await startWith(image);
  const folder = await makeFolder();
  const output = join(folder, 'out.tar');
  const controller = new AbortController();
  let arrived = 0;
  const onBytes = (bytes: number) => {
    arrived += bytes;
    if (arrived > 400_000) controller.abort(new Error('Ctrl-C'));
  };
  await expect(pull(registry, output, { signal: controller.signal, onBytes })).rejects.toThrow('Ctrl-C');
  expect((await readdir(folder)).filter((entry) => !entry.includes('.pull.'))).toEqual([]);
  await abandon(folder);
  const held = await pull(registry, output);
  expect(held).toBeGreaterThan(300_000);
  expect(await digestOfWhole(output)).toBe(image.digest);
  expect(await readdir(folder)).toEqual(['out.tar']);
  const ranges = registry.requests.flatMap(({ headers }) => headers['range'] ?? []);
  expect(ranges.length).toBeGreaterThan(0);
});

test('what was left behind is not believed', async () => {
  const image = seededImage({ layers: [5000, 6000, 7000] });
  const registry = await startWith(image);
  const folder = await makeFolder();
  const output = join(folder, 'out');
  const staging = await claimStaging(output);
  const [first, second, third] = [...image.blobs].filter(([, bytes]) => bytes.length >= 5000);
  if (first === undefined || second === undefined || third === undefined) throw new Error('no layers');
  const hex = ([digest]: readonly [Digest, Buffer]) => digest.slice(7);
  await writeFile(join(staging, `blobs/sha256/${hex(first)}`), Buffer.alloc(5000));
  await writeFile(join(staging, `sha256-${hex(second)}.partial`), Buffer.alloc(3000));
  await writeFile(join(staging, `sha256-${hex(third)}.partial`), Buffer.alloc(9000));
  await writeFile(join(staging, `blobs/sha256/${'0'.repeat(64)}`), 'of another image');
  await mkdir(join(staging, 'index.json'));
  await abandon(folder);
  expect(await pull(registry, output)).toBe(3000);
  expect(await digestOfWhole(output)).toBe(image.digest);
  expect((await readdir(join(output, 'blobs/sha256'))).length).toBe(image.blobs.size + image.manifests.size);
  expect((await readdir(output)).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout']);
});

test('a registry that sends other bytes', async () => {
  const image = seededImage({ layers: [5000] });
  const registry = await startWith(image);
  const [layer] = [...image.blobs].filter(([, bytes]) => bytes.length === 5000);
  if (layer === undefined) throw new Error('no layer');
  registry.repository('zoo').blobs.set(layer[0], Buffer.alloc(5000));
  const folder = await makeFolder();
  await expect(pull(registry, join(folder, 'out'))).rejects.toMatchObject({
    code: 'blob.corrupt',
    message: expect.stringMatching(/^what the registry sends has the digest sha256:/),
    place: `${registry.host}/zoo@${layer[0]}`,
  });
  expect(await readdir(join(await stagingOf(folder), 'blobs/sha256'))).not.toContain(layer[0].slice(7));
});

test('a part of an index: of the others nothing is fetched', async () => {
  const registry = await startRegistry();
  await seedFromLayout(registry.repository('zoo'), INDEX, '1');
  const folder = await makeFolder();
  await pull(registry, join(folder, 'out'), { platform: 'linux/arm/v7' });
  const source = await openImageSource(join(folder, 'out'));
  onTestFinished(() => source.close());
  const { set, findings } = await loadImageSet(source);
  expect(findings).toEqual([]);
  const [root] = set.roots;
  expect(root?.node.kind === 'index' && root.node.children.map(({ kind }) => kind)).toEqual(['image', 'image']);
  expect(registry.requests.filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'))).toHaveLength(5);
});

test('an index of which the registry lacks a part keeps its digest', async () => {
  const image = seededImage({ platforms: ['linux/amd64', 'linux/arm64'] });
  const registry = await startWith(image);
  const [child] = [...image.manifests.keys()];
  if (child === undefined) throw new Error('no child');
  registry.repository('zoo').manifests.delete(child);
  const folder = await makeFolder();
  await pull(registry, join(folder, 'out'));
  const source = await openImageSource(join(folder, 'out'));
  onTestFinished(() => source.close());
  expect([source.roots[0]?.descriptor.digest, source.blob(child)]).toEqual([image.digest, undefined]);
});

test('what refers to an image stands beside it', async () => {
  const image = seededImage();
  const registry = await startWith(image);
  const subject = { mediaType: image.root.mediaType, digest: image.digest, size: image.root.bytes.length };
  const signature = seededImage({ seed: 2, subject, artifactType: 'application/vnd.example.signature' });
  seedRepository(registry.repository('zoo'), signature);
  const folder = await makeFolder();
  await pull(registry, join(folder, 'out.tar'), { takesReferrers: true });
  const source = await openImageSource(join(folder, 'out.tar'));
  onTestFinished(() => source.close());
  expect(source.roots.map(({ descriptor, names }) => [descriptor.digest, names.length])).toEqual([
    [image.digest, 1],
    [signature.digest, 0],
  ]);
});

test('a folder that cannot be written', async () => {
  const registry = await startWith(seededImage());
  const folder = await makeFolder();
  await writeFile(join(folder, 'file'), '');
  await expect(pull(registry, join(folder, 'file', 'out'))).rejects.toMatchObject({
    code: 'archive.write-failed',
    message: 'cannot be written: a file stands where a folder should be',
  });
});

test('under any transient faults a pull ends with the right content, or with an error and no output', async () => {
  const image = seededImage({ layers: [40_000, 20_000], platforms: ['linux/amd64', 'linux/arm64'] });
  const folder = await makeFolder();
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.constantFrom(0.1, 0.4, 0.8), async (seed, rate) => {
      const registry = await openRegistry();
      const output = join(folder, 'out');
      await rm(output, { recursive: true, force: true });
      try {
        seedRepository(registry.repository('zoo'), image, '1');
        registry.fail(
          transientFaults(seed, rate, {
            kinds: ['cut-answer', 'no-answer', 'status', 'flip-byte', 'resize-body', 'digest-header'],
          }),
        );
        const failure = await pull(registry, output).then(
          () => null,
          (error: unknown) => error,
        );
        if (failure === null) expect(await digestOfWhole(output)).toBe(image.digest);
        else {
          expect(failure).toBeInstanceOf(ForkwrightError);
          await expect(stat(output)).rejects.toMatchObject({ code: 'ENOENT' });
        }
        outcomes.add(failure === null ? 'pulled' : 'failed');
      } finally {
        await registry.close();
      }
    }),
    { numRuns: 12 },
  );
  expect(outcomes).toContain('pulled');
});
