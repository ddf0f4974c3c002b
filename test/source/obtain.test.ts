import { execFileSync } from 'node:child_process';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ForkwrightError } from '../../src/errors.ts';
import { obtainSource } from '../../src/source/obtain.ts';
import { storeFolder } from '../../src/source/object-store.ts';
import { configVariables, makePlace, upstreamOf, type Place } from './repository.ts';

let place: Place;
beforeEach(async () => {
  place = await makePlace();
});
afterEach(() => place.remove());

const withConfig = (config: Readonly<Record<string, string>>) => ({
  ...place.deps,
  env: { ...place.deps.env, ...configVariables(config) },
});
// Without this a server of today gives every object that it has.
const OLD_SERVER = { 'protocol.version': '0' };

async function failure(running: Promise<unknown>) {
  try {
    await running;
  } catch (error) {
    if (error instanceof ForkwrightError) return { code: error.code, text: error.message, hint: error.hint };
    throw error;
  }
  throw new Error('it did not fail');
}

test('a commit is what the repository has at it, also below a merge and with newer ones above', async () => {
  await place.commit({ 'a.txt': 'a\n' });
  place.git('checkout', '--quiet', '-b', 'side');
  await place.commit({ 'side.txt': 'side\n' });
  place.git('checkout', '--quiet', 'main');
  await place.commit({ 'dir/b.txt': 'b\n', run: { program: '#!/bin/sh\n' } });
  place.git('merge', '--quiet', '--no-edit', 'side');
  const commit = place.git('rev-parse', 'HEAD');
  await place.commit({ 'a.txt': 'newer\n' });
  const source = await obtainSource(upstreamOf(place.url, commit), [], place.deps);
  expect(source).toMatchObject({
    git: place.url,
    commit,
    tree: place.git('rev-parse', `${commit}^{tree}`),
    epochSeconds: Number(place.git('log', '-1', '--format=%ct', commit)),
    patches: [],
    findings: [],
  });
  expect(source.entries.map(({ path, kind }) => `${path} ${kind}`)).toEqual([
    'a.txt file',
    'dir/b.txt file',
    'run program',
    'side.txt file',
  ]);
});

test('a second run needs no upstream, and no network', async () => {
  const commit = await place.commit({ 'a.txt': 'a\n' });
  const first = await obtainSource(upstreamOf(place.url, commit), [], place.deps);
  await rename(place.upstreamFolder, `${place.upstreamFolder}-gone`);
  expect(await obtainSource(upstreamOf(place.url, commit), [], place.deps)).toEqual(first);
});

test('a repository of SHA-256 is one like others', async () => {
  const other = await makePlace({ hash: 'sha256' });
  const commit = await other.commit({ 'a.txt': 'a\n' });
  expect(commit).toHaveLength(64);
  const source = await obtainSource(upstreamOf(other.url, null), [], other.deps);
  expect(source).toMatchObject({ commit, tree: other.git('rev-parse', 'HEAD^{tree}') });
  await other.remove();
});

test("git's URL rewriting is in force, and no hook or variable of git's for another repository", async () => {
  const commit = await place.commit({ 'a.txt': 'a\n' });
  const deps = withConfig({
    [`url.file://${place.folder}/.insteadOf`]: 'https://git.example.org/',
    'core.hooksPath': join(place.folder, 'hooks'),
  });
  const env = { ...deps.env, GIT_DIR: '/nowhere', GIT_INDEX_FILE: '/nowhere/index', GIT_WORK_TREE: '/nowhere' };
  const upstream = upstreamOf('https://git.example.org/upstream', commit);
  const source = await obtainSource(upstream, [], { ...deps, env });
  expect(source).toMatchObject({ git: 'https://git.example.org/upstream', commit });
});

test('a server that gives only what its refs point to is asked for all of them', async () => {
  const commit = await place.commit({ 'a.txt': 'a\n' });
  await place.commit({ 'a.txt': 'newer\n' });
  const source = await obtainSource(upstreamOf(place.url, commit), [], withConfig(OLD_SERVER));
  expect(source).toMatchObject({ commit, tree: place.git('rev-parse', `${commit}^{tree}`) });
});

test.each([
  ['server of today', {}],
  ['server of old', OLD_SERVER],
])('a commit that a rewritten branch has lost: %s', async (_name, config) => {
  await place.commit({ 'a.txt': 'a\n' });
  const commit = await place.commit({ 'b.txt': 'b\n' });
  place.git('reset', '--quiet', '--hard', 'HEAD~1');
  const now = await place.commit({ 'c.txt': 'c\n' });
  place.git('reflog', 'expire', '--expire=now', '--all');
  place.git('prune', '--expire=now');
  expect(await failure(obtainSource(upstreamOf(place.url, commit), [], withConfig(config)))).toEqual({
    code: 'source.no-commit',
    text: `the repository does not have the commit ${commit}; branch main is at ${now} now`,
    hint: 'was branch main rewritten, or is this another repository? Name a commit that is there as upstream.commit',
  });
});

test('without a commit it is the one that the branch has, with a warning', async () => {
  const commit = await place.commit({ 'a.txt': 'a\n' });
  const { findings, ...source } = await obtainSource(upstreamOf(place.url, null), [], place.deps);
  expect(source.commit).toBe(commit);
  expect(findings).toEqual([
    {
      code: 'source.unpinned',
      severity: 'warning',
      place: place.url,
      text: `no commit is pinned; branch main is at ${commit} now`,
      hint: `run \`forkwright lock\`, or add upstream.commit: ${commit}`,
    },
  ]);
});

test('without a commit, what is followed is looked for', async () => {
  const commit = await place.commit({ 'a.txt': 'a\n' });
  place.git('tag', '--annotate', '--message=one', 'v1');
  const obtain = (track: Parameters<typeof obtainSource>[0]['track']) =>
    obtainSource({ git: place.url, track, commit: null }, [], place.deps);
  expect((await obtain({ kind: 'tag', pattern: 'v1' })).commit).toBe(commit);
  expect((await obtain({ kind: 'none' })).commit).toBe(commit);
  expect(await failure(obtain({ kind: 'branch', branch: 'master' }))).toEqual({
    code: 'source.no-ref',
    text: 'the repository has no branch master',
    hint: 'its branches are main',
  });
  await place.commit({ 'a.txt': 'b\n' });
  for (const tag of ['v1.9.0', 'v1.10.0', 'v2.0.0-rc1', 'w3']) place.git('tag', tag);
  const newest = await place.commit({ 'a.txt': 'c\n' });
  place.git('tag', '--annotate', '--message=ten', 'v1.10.1');
  const { commit: chosen, findings } = await obtain({ kind: 'tag', pattern: 'v*' });
  expect([chosen, findings[0]?.text]).toEqual([newest, `no commit is pinned; tag v* (v1.10.1) is at ${newest} now`]);
  expect((await obtain({ kind: 'release', range: '<1.10.1' })).commit).not.toBe(newest);
  expect(await failure(obtain({ kind: 'release', range: '>=3' }))).toEqual({
    code: 'source.no-ref',
    text: 'the repository has no release >=3',
    hint: 'its newest tags are w3, v2.0.0-rc1, v1.10.1, v1.10.0, v1.9.0, …',
  });
});

test('a tag object is not a commit', async () => {
  const commit = await place.commit({ 'a.txt': 'a\n' });
  place.git('tag', '--annotate', '--message=one', 'v1');
  const tag = place.git('rev-parse', 'v1');
  expect(await failure(obtainSource(upstreamOf(place.url, tag), [], place.deps))).toEqual({
    code: 'source.not-a-commit',
    text: `${tag} is a tag, not a commit`,
    hint: `it is of ${commit}`,
  });
});

test("a repository that is not there: git's own reason, and no password of a rewritten URL", async () => {
  const commit = '1'.repeat(40);
  const gone = `file://${place.folder}/gone`;
  expect(await failure(obtainSource(upstreamOf(gone, commit), [], place.deps))).toEqual({
    code: 'source.unreachable',
    text: `git cannot reach the repository: '${place.folder}/gone' does not appear to be a git repository`,
    hint: `try it by hand: git ls-remote ${gone}`,
  });
  const deps = withConfig({ 'url.http://bot:hunter2@127.0.0.1:1/.insteadOf': 'https://git.example.org/' });
  const hidden = await failure(obtainSource(upstreamOf('https://git.example.org/x', commit), [], deps));
  expect(hidden.code).toBe('source.unreachable');
  expect(hidden.text).toContain('127.0.0.1');
  expect(JSON.stringify(hidden)).not.toContain('hunter2');
});

test('no git, and one that is too old', async () => {
  const upstream = upstreamOf(place.url, '1'.repeat(40));
  const empty = { ...place.deps, env: { PATH: place.root } };
  expect(await failure(obtainSource(upstream, [], empty))).toEqual({
    code: 'source.no-git',
    text: 'git is not installed, and an upstream is fetched with it',
    hint: 'install git 2.32 or later, and have it on PATH',
  });
  await writeFile(join(place.root, 'git'), '#!/bin/sh\necho git version 2.25.1\n', { mode: 0o755 });
  expect(await failure(obtainSource(upstream, [], empty))).toMatchObject({
    code: 'source.old-git',
    text: 'git version 2.25.1 is too old',
  });
});

test('a submodule is said and not fetched', async () => {
  const inner = await place.commit({ 'a.txt': 'a\n' });
  place.git('update-index', '--add', '--cacheinfo', `160000,${inner},vendor/inner`);
  place.git('commit', '--quiet', '--message', 'a submodule');
  const { findings } = await obtainSource(upstreamOf(place.url, place.git('rev-parse', 'HEAD')), [], place.deps);
  expect(findings).toMatchObject([
    {
      code: 'source.submodule',
      severity: 'warning',
      place: `${place.url}: vendor/inner`,
      text: `the submodule at ${inner} is not fetched; its folder is empty`,
    },
  ]);
});

test('runs at the same time share a cache', async () => {
  const first = await place.commit({ 'a.txt': 'a\n' });
  const second = await place.commit({ 'b.txt': 'b\n' });
  const runs = [first, second, first, second].map((commit) =>
    obtainSource(upstreamOf(place.url, commit), [], place.deps),
  );
  expect((await Promise.all(runs)).map(({ commit }) => commit)).toEqual([first, second, first, second]);
});

test('a cache that is damaged is made anew', async () => {
  const commit = await place.commit({ 'a.txt': 'a\n'.repeat(1000), 'b.txt': 'b\n' });
  const upstream = upstreamOf(place.url, commit);
  const whole = await obtainSource(upstream, [], place.deps);
  const packs = join(whole.objects, 'pack');
  const notes: string[] = [];
  const progress = { ...place.deps.progress, note: (text: string) => notes.push(text) };
  const damage = [
    async (path: string) => path.endsWith('.pack') && writeFile(path, 'PACK'),
    async (path: string) => path.endsWith('.idx') && writeFile(path, ''),
    async (path: string) => path.endsWith('.pack') && rm(path),
  ];
  for (const spoil of damage) {
    for (const name of await readdir(packs)) {
      execFileSync('chmod', ['u+w', join(packs, name)]);
      await spoil(join(packs, name));
    }
    expect(await obtainSource(upstream, [], { ...place.deps, progress })).toEqual(whole);
  }
  // A temporary file of a fetch that was killed is in nobody's way.
  await writeFile(join(packs, 'tmp_pack_killed'), 'PACK');
  expect(await obtainSource(upstream, [], place.deps)).toEqual(whole);
  expect(await readdir(join(place.deps.cacheFolder, 'git'))).toHaveLength(1);
  expect(storeFolder(place.deps.cacheFolder, place.url)).toBe(join(whole.objects, '..'));
});
