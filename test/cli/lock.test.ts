import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../src/oci/digest.ts';
import { expect, onTestFinished, test } from 'vitest';
import { parseLock } from '../../src/lock/parse-lock.ts';
import type { RecipeLock } from '../../src/lock/lock.ts';
import { runProgram } from '../../src/process/run-program.ts';
import { makePlace, type Place } from '../source/repository.ts';
import { runInProcess } from '../support/context.ts';
import { seededImage, seedRepository } from '../support/registry/seeded-image.ts';
import { startRegistry } from '../support/registry/registry.ts';
import type { TestRegistry } from '../support/registry/open-registry.ts';

const BASE_PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/s390x'];

interface Bench extends Place {
  readonly registry: TestRegistry;
  readonly forkwright: (...argv: string[]) => ReturnType<typeof runInProcess>;
  readonly frozen: (...argv: string[]) => ReturnType<typeof runInProcess>;
  readonly readLock: (recipe?: string) => Promise<RecipeLock>;
  readonly write: (path: string, text: string) => Promise<void>;
}

/** A workspace with a recipe `tool`, a real upstream, and a registry that plays Docker Hub. */
async function makeBench(recipe: (url: string) => string): Promise<Bench> {
  const place = await makePlace();
  onTestFinished(place.remove);
  const registry = await startRegistry();
  seedRepository(registry.repository('library/alpine'), seededImage({ seed: 1, platforms: BASE_PLATFORMS }), '3.20');
  seedRepository(registry.repository('library/golang'), seededImage({ seed: 2, platforms: BASE_PLATFORMS }), '1.24');
  const env = {
    ...place.deps.env,
    FORKWRIGHT_CACHE: join(place.folder, 'cache'),
    FORKWRIGHT_MIRRORS: `docker.io=${registry.host}`,
  };
  const run = (more: Readonly<Record<string, string>>) => {
    return (...argv: string[]) => runInProcess(argv, { cwd: place.root, env: { ...env, ...more }, run: runProgram });
  };
  const write = async (path: string, text: string) => {
    await mkdir(join(place.root, path, '..'), { recursive: true });
    await writeFile(join(place.root, path), text);
  };
  await write('forkwright.yaml', 'registry: registry.example.com\n');
  await write('recipes/tool.yaml', recipe(place.url));
  const readLock = async (name = 'tool') => {
    const file = `locks/${name}.lock.yaml`;
    const parsed = parseLock(await readFile(join(place.root, file), 'utf8'), file);
    if (!('lock' in parsed)) throw new Error(JSON.stringify(parsed));
    return parsed.lock;
  };
  return { ...place, registry, forkwright: run({}), frozen: run({ FORKWRIGHT_LOCK: 'frozen' }), readLock, write };
}

const GO = (track: string) => (url: string) => `name: tool
upstream: { git: "${url}", ${track} }
build: { kind: go, image: "golang:1.24", package: ., output: /bin/tool }
image: { base: "alpine:3.20", packages: [tar] }
platforms: [linux/amd64, linux/arm64]
publish: { image: "{registry}/tool" }
`;

const summary = async (bench: Bench, ...argv: string[]) => {
  const { exitCode, stdout, stderr } = await bench.forkwright('lock', ...argv);
  return { exitCode, stdout, errors: stderr.split('\n').filter((line) => line.includes('[')) };
};

test('a branch and the images are locked; nothing changes until they are asked for', async () => {
  const bench = await makeBench(GO('branch: main'));
  const first = await bench.commit({ 'main.go': 'package main\n' });
  expect(await summary(bench)).toEqual({ exitCode: 0, stdout: 'tool: wrote locks/tool.lock.yaml\n', errors: [] });
  const lock = await bench.readLock();
  expect([...lock.upstreams]).toEqual([
    [
      `${bench.url} branch main`,
      {
        commit: first,
        tree: bench.git('rev-parse', 'HEAD^{tree}'),
        epochSeconds: 1_700_000_060,
        ref: 'refs/heads/main',
        version: first.slice(0, 12),
      },
    ],
  ]);
  const alpine = lock.images.get('docker.io/library/alpine:3.20');
  expect(alpine?.kind === 'registry' && [...alpine.platforms.keys()]).toEqual(['linux/amd64', 'linux/arm64']);
  expect([...lock.images.keys()]).toEqual(['docker.io/library/alpine:3.20', 'docker.io/library/golang:1.24']);
  expect(lock.targets.get('linux/arm64')?.epochSeconds).toBe(1_700_000_060);

  const asked = bench.registry.requests.length;
  await bench.commit({ 'main.go': 'package main // more\n' });
  expect(await summary(bench)).toEqual({ exitCode: 0, stdout: 'tool: unchanged\n', errors: [] });
  expect(bench.registry.requests).toHaveLength(asked);
  const { exitCode, stdout } = await bench.forkwright('lock', '--update', 'upstream', '--json');
  expect(exitCode).toBe(0);
  const changes = (JSON.parse(stdout) as { recipes: { changes: { what: string; old: string }[] }[] }).recipes[0]
    ?.changes;
  expect(changes?.map(({ what }) => what.replace(bench.url, 'URL'))).toEqual([
    'input hash linux/amd64',
    'input hash linux/arm64',
    'source date linux/amd64',
    'source date linux/arm64',
    'upstream URL branch main',
    'upstream URL branch main time',
    'upstream URL branch main tree',
    'upstream URL branch main version',
  ]);
  expect(changes?.[4]?.old).toBe(first);
});

test('what is rendered has the lock in it: the platform of the target, the index for what builds', async () => {
  const bench = await makeBench(GO('tag: "v*"'));
  await bench.commit({ 'main.go': 'package main\n' });
  bench.git('tag', '--annotate', '--message', 'one', 'v1.2.0');
  const tagged = bench.git('rev-parse', 'HEAD');
  await bench.commit({ 'main.go': 'package main // more\n' });
  bench.git('tag', 'v1.10.0-rc1');
  await bench.forkwright('lock');
  expect((await bench.forkwright('render')).stderr).toBe('');
  const [alpine, golang] = ['alpine:3.20', 'golang:1.24'].map((name) => `docker.io/library/${name}`);
  const { images } = await bench.readLock();
  const digests = [images.get(golang ?? ''), images.get(alpine ?? '')].map((image) =>
    image?.kind === 'registry' ? [image.index, image.platforms.get('linux/arm64')?.digest] : [],
  );
  const dockerfile = await readFile(join(bench.root, 'generated/tool/linux-arm64.Dockerfile'), 'utf8');
  expect(dockerfile.match(/^FROM .*/gm)).toEqual([
    `FROM --platform=$BUILDPLATFORM golang:1.24@${digests[0]?.[0]} AS build`,
    `FROM alpine:3.20@${digests[1]?.[1]} AS image`,
  ]);
  expect(dockerfile).toContain(`org.opencontainers.image.revision="${tagged}"`);
  expect(dockerfile).toContain('org.opencontainers.image.version="1.2.0"');
  const bake = await readFile(join(bench.root, 'generated/tool/docker-bake.json'), 'utf8');
  expect(bake).toContain(`"upstream": "${bench.url}#${tagged}"`);
  const pipeline = await readFile(join(bench.root, 'generated/pipeline.gitlab-ci.yml'), 'utf8');
  expect(pipeline).toContain('FORKWRIGHT_LOCK: frozen');
});

test('without a lock it renders, unpinned, with a finding', async () => {
  const bench = await makeBench(GO('tag: "v*"'));
  const { exitCode, stderr } = await bench.forkwright('render');
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/tag v\* holds on the day \[recipe\.unpinned\]/);
  expect(stderr).toContain(
    'there is no lock: alpine:3.20, golang:1.24 are what their registries have on the day [lock.missing]',
  );
  const dockerfile = await readFile(join(bench.root, 'generated/tool/linux-arm64.Dockerfile'), 'utf8');
  expect(dockerfile).toContain('FROM alpine:3.20 AS image');
  expect(dockerfile).not.toMatch(/image\.(?:version|revision)=/);
  expect(await readFile(join(bench.root, 'generated/tool/docker-bake.json'), 'utf8')).toContain('"out/tool/source"');
});

test('another platform of a base that moves changes no input hash, its own only that one', async () => {
  const bench = await makeBench(GO('branch: main'));
  await bench.commit({ 'main.go': 'package main\n' });
  await bench.forkwright('lock');
  const before = await bench.readLock();
  const hashes = (lock: RecipeLock) => [...lock.targets.values()].map(({ inputHash }) => inputHash);
  const alpine = bench.registry.repository('library/alpine');
  // The layers of the third one alone differ.
  seedRepository(alpine, seededImage({ seed: 1, platforms: ['linux/amd64', 'linux/arm64'] }), '3.20');
  await bench.forkwright('lock', '--update', 'base');
  const other = await bench.readLock();
  expect(hashes(other)).toEqual(hashes(before));
  expect(other.images).not.toEqual(before.images);

  const moved = seededImage({ seed: 1, layers: [1000, 10], platforms: ['linux/amd64', 'linux/arm64'] });
  const still = seededImage({ seed: 1, platforms: ['linux/amd64'] });
  for (const image of [moved, still]) seedRepository(alpine, image);
  const document = JSON.parse(moved.root.bytes.toString()) as { manifests: { digest: string; size: number }[] };
  const [amd64] = document.manifests;
  const bytes = Buffer.from(
    JSON.stringify({
      ...document,
      manifests: document.manifests.map((each) =>
        each === amd64 ? { ...each, digest: still.digest, size: still.root.bytes.length } : each,
      ),
    }),
  );
  alpine.manifests.set(digestOf(bytes), { ...moved.root, bytes });
  alpine.tags.set('3.20', digestOf(bytes));
  await bench.forkwright('lock', '--update', 'base');
  const [amd, arm] = hashes(await bench.readLock());
  expect([amd === hashes(before)[0], arm === hashes(before)[1]]).toEqual([true, false]);
});

test('a merge that keeps the tree moves the commit and no input hash', async () => {
  const bench = await makeBench(GO('branch: main'));
  await bench.commit({ 'main.go': 'package main\n' });
  await bench.forkwright('lock');
  const before = await bench.readLock();
  await bench.commit({}, 'A merge');
  await bench.forkwright('lock', '--update', 'all');
  const after = await bench.readLock();
  const factsOf = ({ upstreams, targets }: RecipeLock) => ({
    commits: [...upstreams.values()].map(({ commit }) => commit),
    hashes: [...targets.values()].map(({ inputHash }) => inputHash),
  });
  expect(factsOf(after).commits).not.toEqual(factsOf(before).commits);
  expect(factsOf(after).hashes).toEqual(factsOf(before).hashes);
});

test('frozen names each difference, and builds nothing', async () => {
  const bench = await makeBench(GO('branch: main'));
  await bench.commit({ 'main.go': 'package main\n' });
  const missing = await bench.frozen('build', 'tool');
  expect(missing.exitCode).toBe(1);
  expect(missing.stderr).toContain('recipes/tool.yaml: error: there is no lock, and it is frozen [lock.missing]');
  await bench.forkwright('lock');
  expect((await bench.frozen('render')).exitCode).toBe(0);
  expect((await bench.forkwright('lock', '--frozen')).stdout).toBe('1 locks are what the recipes say\n');

  await bench.write('recipes/tool.yaml', GO('branch: main')(bench.url).replace('alpine:3.20', 'alpine:3.21'));
  const { exitCode, stderr } = await bench.forkwright('lock', '--frozen');
  expect(exitCode).toBe(1);
  const lines = stderr.split('\n').filter((line) => line.includes('error'));
  const { images } = await bench.readLock();
  const alpine = images.get('docker.io/library/alpine:3.20');
  expect(lines[0]).toBe(
    'recipes/tool.yaml: error: image alpine:3.21 for linux/amd64, linux/arm64 is not locked [lock.not-locked]',
  );
  expect(lines[1]).toBe(
    `locks/tool.lock.yaml: error: image docker.io/library/alpine:3.20 is locked (${alpine?.kind === 'registry' ? alpine.index : ''}) and not used [lock.unused]`,
  );
  expect((await bench.frozen('render', '--check')).exitCode).toBe(1);

  await bench.write('recipes/tool.yaml', GO('branch: main')(bench.url).replace('[tar]', '[tar, xz]'));
  const changed = await bench.forkwright('lock', '--frozen', '--json');
  const findings = (JSON.parse(changed.stdout) as { findings: { code: string; text: string }[] }).findings;
  expect(findings.map(({ code, text }) => `${code} ${text.replaceAll(/[0-9a-f]{64}/g, '*')}`)).toEqual([
    'lock.changed input hash linux/amd64 is locked as sha256:*, and is sha256:*',
    'lock.changed input hash linux/arm64 is locked as sha256:*, and is sha256:*',
  ]);
  // What follows from the recipe is mended without asking anybody.
  const asked = bench.registry.requests.length;
  expect((await bench.forkwright('lock')).exitCode).toBe(0);
  expect(bench.registry.requests).toHaveLength(asked);
  expect((await bench.forkwright('lock', '--frozen')).exitCode).toBe(0);
});

test('a repository out of reach is told, and the other recipes are locked', async () => {
  const bench = await makeBench(GO('branch: main'));
  await bench.write(
    'recipes/base.yaml',
    'name: base\nversion: "1"\nimage: { base: "alpine:3.20" }\nplatforms: [linux/amd64]\n',
  );
  const { exitCode, stdout, errors } = await summary(bench);
  expect([exitCode, stdout]).toEqual([2, 'base: wrote locks/base.lock.yaml\ntool: not locked\n']);
  expect(errors).toEqual([`recipes/tool.yaml: ${bench.url}: error: the repository has no branch main [source.no-ref]`]);
  expect(await readdir(join(bench.root, 'locks'))).toEqual(['base.lock.yaml']);
});

test('a lock whose recipe is gone is told', async () => {
  const bench = await makeBench(() => 'name: tool\nversion: "1"\nimage: { base: scratch }\nplatforms: [linux/amd64]\n');
  await bench.forkwright('lock');
  await bench.write(
    'recipes/other.yaml',
    'name: other\nversion: "1"\nimage: { base: scratch }\nplatforms: [linux/amd64]\n',
  );
  await rm(join(bench.root, 'recipes/tool.yaml'));
  const { stdout, stderr } = await bench.forkwright('lock');
  expect(stdout).toBe('other: wrote locks/other.lock.yaml\n');
  expect(stderr).toContain('locks/tool.lock.yaml: warning: no recipe has this lock any more [lock.orphan]');
  expect((await bench.forkwright('lock', '--frozen')).exitCode).toBe(1);
});

test("a recipe that is built on another one's image takes in its input hash", async () => {
  const child =
    'name: child\nversion: "1"\nimage: { base: "registry.example.com/tool:latest" }\nplatforms: [linux/amd64]\n';
  const bench = await makeBench(GO('branch: main'));
  await bench.write('recipes/child.yaml', child);
  await bench.commit({ 'main.go': 'package main\n' });
  const alone = await summary(bench, 'child');
  expect([alone.exitCode, alone.errors[0]]).toEqual([
    2,
    'recipes/child.yaml: error: it is built on tool, which is not locked [lock.no-parent]',
  ]);
  expect((await summary(bench)).exitCode).toBe(0);
  const before = await bench.readLock('child');
  expect([...before.images]).toEqual([['registry.example.com/tool:latest', { kind: 'recipe', recipe: 'tool' }]]);
  await bench.commit({ 'main.go': 'package main // more\n' });
  await summary(bench, '--update', 'upstream');
  const after = await bench.readLock('child');
  expect(after.targets.get('linux/amd64')?.inputHash).not.toBe(before.targets.get('linux/amd64')?.inputHash);
});

test('a rewritten history: what is locked stays, and what is asked for is the new one', async () => {
  const bench = await makeBench(GO('branch: main'));
  const first = await bench.commit({ 'main.go': 'package main\n' });
  await bench.forkwright('lock');
  await bench.commit({ 'main.go': 'package main // rewritten\n' });
  bench.git('reset', '--quiet', '--soft', 'HEAD');
  bench.git('commit', '--quiet', '--amend', '--message', 'Rewritten');
  bench.git('branch', '--force', 'old', first);
  await bench.forkwright('lock');
  const commitOf = async () => [...(await bench.readLock()).upstreams.values()][0]?.commit;
  expect(await commitOf()).toBe(first);
  await bench.forkwright('lock', '--update', 'upstream');
  expect(await commitOf()).toBe(bench.git('rev-parse', 'HEAD'));
});

test("the images of upstream's own Dockerfile are locked, and handed in with their digests", async () => {
  const bench = await makeBench(
    (url) => `name: tool
version: "1"
upstream: { git: "${url}", branch: main }
build: { kind: dockerfile }
platforms: [linux/amd64]
`,
  );
  await bench.commit({ Dockerfile: 'ARG V=3.20\nFROM --platform=$BUILDPLATFORM golang:1.24 AS b\nFROM alpine:$V\n' });
  expect((await summary(bench)).exitCode).toBe(0);
  const { images } = await bench.readLock();
  expect([...images.keys()]).toEqual(['docker.io/library/alpine:3.20', 'docker.io/library/golang:1.24']);
  await bench.forkwright('render');
  const bake = JSON.parse(await readFile(join(bench.root, 'generated/tool/docker-bake.json'), 'utf8')) as {
    target: Record<string, { contexts: Record<string, string> }>;
  };
  const index = (name: string) => {
    const image = images.get(`docker.io/library/${name}`);
    return image?.kind === 'registry' ? `docker-image://docker.io/library/${name}@${image.index}` : '';
  };
  expect(bake.target['tool-linux-amd64-upstream']?.contexts).toEqual({
    'alpine:3.20': index('alpine:3.20'),
    'golang:1.24': index('golang:1.24'),
  });
  expect((await bench.forkwright('lock', '--frozen')).exitCode).toBe(0);
});

test('FORKWRIGHT_LOCK takes no other word', async () => {
  const bench = await makeBench(GO('branch: main'));
  const { exitCode, stderr } = await runInProcess(['render'], { cwd: bench.root, env: { FORKWRIGHT_LOCK: 'yes' } });
  expect([exitCode, stderr]).toEqual([
    2,
    'error: FORKWRIGHT_LOCK is "yes" [lock.mode]\n  hint: it can be frozen, or not be set\n',
  ]);
});
