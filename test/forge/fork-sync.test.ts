import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pushFork } from '../../src/forge/fork-push.ts';
import { syncFork } from '../../src/forge/fork-sync.ts';
import type { RunProgram } from '../../src/process/run.ts';
import { failureOf } from '../support/obtain-deps.ts';
import { makeForkPlace, requestOf, summarize, type ForkPlace } from './fork-place.ts';

let place: ForkPlace;
beforeEach(async () => {
  place = await makeForkPlace();
});
afterEach(() => place.remove());

/** Commits an upstream change, makes a patch of the next one, and takes that back. */
async function makePatch(files: Readonly<Record<string, string>>, name: string): Promise<string> {
  const path = await place.formatPatch(await place.commit(files, `Change for ${name}`), name);
  place.git('reset', '--quiet', '--hard', 'HEAD~1');
  return path;
}

test('an empty fork gets the pinned commit, the patches on it and the tags; the second run writes nothing', async () => {
  const first = await place.commit({ 'a.txt': 'a\n' });
  place.git('tag', 'v1');
  const pinned = await place.commit({ 'a.txt': 'b\n' });
  place.git('tag', '--annotate', '--message', 'two', 'v2');
  const patch = await makePatch({ 'a.txt': 'patched\n' }, '0001-change.patch');
  await place.commit({ 'a.txt': 'c\n' });
  const request = requestOf(place, pinned, { patches: [patch] });
  const done = await syncFork(request, place.syncDeps);
  expect(summarize(done.refs)).toEqual([
    'created upstream/main',
    'created forkwright/tool',
    'created refs/tags/v1',
    'created refs/tags/v2',
  ]);
  const refs = place.refs();
  const patched = refs['refs/heads/forkwright/tool'];
  expect(refs).toEqual({
    'refs/heads/upstream/main': pinned,
    'refs/heads/forkwright/tool': patched,
    'refs/forkwright/upstream/main': pinned,
    'refs/forkwright/forkwright/tool': patched,
    'refs/tags/v1': first,
    'refs/tags/v2': place.git('rev-parse', 'v2'),
  });
  expect(place.inFork('show', 'forkwright/tool:a.txt')).toBe('patched');
  const format = '--format=%P|%an <%ae>|%ad|%cn <%ce>|%cd|%s';
  expect(place.inFork('log', '-1', '--date=raw', format, 'forkwright/tool')).toBe(
    `${pinned}|A Maintainer <maintainer@example.org>|1700000180 +0100|` +
      'forkwright <forkwright@forkwright.invalid>|1700000180 +0100|Change for 0001-change.patch',
  );
  place.inFork('fsck', '--strict');
  const again = await syncFork(request, { ...place.syncDeps, run: refusePush(place.deps.run) });
  expect(again.refs.map(({ state }) => state)).toEqual(['unchanged', 'unchanged', 'unchanged', 'unchanged']);
});

test('where nothing is to be done, no history is fetched', async () => {
  const pinned = await place.commit({ 'a.txt': 'a\n' });
  await syncFork(requestOf(place, pinned), place.syncDeps);
  await rm(place.deps.cacheFolder, { recursive: true });
  await syncFork(requestOf(place, pinned), place.syncDeps);
  expect(await readdir(place.folder)).not.toContain('cache');
});

test('another series of patches is another history, which is moved since forkwright has pushed the old one', async () => {
  const pinned = await place.commit({ 'a.txt': 'a\n' });
  const one = await makePatch({ 'a.txt': 'one\n' }, '0001-one.patch');
  const two = await makePatch({ 'b.txt': 'two\n' }, '0002-two.patch');
  const sync = async (...patches: string[]) =>
    (await syncFork(requestOf(place, pinned, { patches }), place.syncDeps)).refs.at(1);
  expect(await sync(one)).toMatchObject({ state: 'created' });
  expect(await sync(one, two)).toMatchObject({ state: 'moved', reason: 'forward' });
  expect(place.inFork('log', '--format=%s', 'forkwright/tool').split('\n').slice(0, 2)).toEqual([
    'Change for 0002-two.patch',
    'Change for 0001-one.patch',
  ]);
  expect(await sync(two)).toMatchObject({ state: 'moved', reason: 'what is there was made by forkwright' });
  expect(place.inFork('log', '-1', '--format=%P', 'forkwright/tool')).toBe(pinned);
  expect(await sync()).toMatchObject({ state: 'moved', to: pinned });
});

test('the same patches give the same commits on another machine', async () => {
  const pinned = await place.commit({ 'a.txt': 'a\n' });
  const patches = [await makePatch({ 'a.txt': 'one\n' }, '0001-one.patch')];
  await writeFile(join(place.root, 'patches/tool/0002-plain.patch'), PLAIN);
  const request = requestOf(place, pinned, { patches: [...patches, 'patches/tool/0002-plain.patch'] });
  await syncFork(request, place.syncDeps);
  const dayLater = { ...place.deps.env, TZ: 'Asia/Tokyo', LANG: 'de_DE.UTF-8', GIT_AUTHOR_NAME: 'Nobody' };
  const elsewhere = { ...place.syncDeps, env: dayLater, cacheFolder: join(place.folder, 'other') };
  const again = await syncFork(request, elsewhere);
  expect(again.refs.map(({ state }) => state)).toEqual(['unchanged', 'unchanged']);
  expect(place.inFork('log', '-1', '--date=raw', '--format=%an <%ae> %ad %s', 'forkwright/tool')).toBe(
    'forkwright <forkwright@forkwright.invalid> 1700000060 +0000 0002-plain.patch',
  );
});

const PLAIN = `--- a/a.txt
+++ b/a.txt
@@ -1 +1 @@
-one
+plain
`;

test('a rewritten upstream moves the branch that forkwright has pushed', async () => {
  await place.commit({ 'a.txt': 'a\n' });
  const old = await place.commit({ 'a.txt': 'b\n' });
  await syncFork(requestOf(place, old), place.syncDeps);
  place.git('reset', '--quiet', '--hard', 'HEAD~1');
  const rewritten = await place.commit({ 'a.txt': 'other\n' });
  const { refs } = await syncFork(requestOf(place, rewritten), place.syncDeps);
  expect(refs[0]).toEqual({
    ref: 'refs/heads/upstream/main',
    state: 'moved',
    from: old,
    to: rewritten,
    reason: 'what is there was made by forkwright',
  });
  expect(place.refs()).toMatchObject({
    'refs/heads/upstream/main': rewritten,
    'refs/forkwright/upstream/main': rewritten,
  });
});

test('a pinned commit that no branch has any more is pushed all the same', async () => {
  await place.commit({ 'a.txt': 'a\n' });
  const pinned = await place.commit({ 'a.txt': 'b\n' });
  place.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
  place.git('reset', '--quiet', '--hard', 'HEAD~1');
  await place.commit({ 'a.txt': 'other\n' });
  await syncFork(requestOf(place, pinned), place.syncDeps);
  expect(place.refs()['refs/heads/upstream/main']).toBe(pinned);
});

test('a commit of somebody else stays, and all other refs are pushed', async () => {
  const first = await place.commit({ 'a.txt': 'a\n' });
  const patch = await makePatch({ 'a.txt': 'patched\n' }, '0001-change.patch');
  await syncFork(requestOf(place, first, { patches: [patch] }), place.syncDeps);
  const ours = place.refs()['refs/heads/forkwright/tool'] ?? '';
  const theirs = place.commitInFork(ours);
  place.inFork('update-ref', 'refs/heads/forkwright/tool', theirs);
  const second = await place.commit({ 'b.txt': 'b\n' });
  const done = await syncFork(requestOf(place, second, { patches: [patch] }), place.syncDeps);
  expect(summarize(done.refs)).toEqual(['moved upstream/main', 'blocked forkwright/tool']);
  expect(done.findings).toEqual([
    {
      code: 'fork.foreign-commits',
      severity: 'error',
      place: place.forkUrl,
      text: `the branch forkwright/tool is at ${theirs.slice(0, 12)}, which forkwright has not pushed: it is left alone`,
      hint: 'keep what is there as a patch of the recipe or on another branch, then remove the branch from the fork',
    },
  ]);
  expect(place.refs()).toMatchObject({
    'refs/heads/upstream/main': second,
    'refs/heads/forkwright/tool': theirs,
    'refs/forkwright/forkwright/tool': ours,
  });
  place.inFork('update-ref', '-d', 'refs/heads/forkwright/tool');
  const mended = await syncFork(requestOf(place, second, { patches: [patch] }), place.syncDeps);
  expect(summarize(mended.refs)).toEqual(['unchanged upstream/main', 'created forkwright/tool']);
  expect(mended.findings).toEqual([]);
});

test('a branch that was there before forkwright is taken over only where nothing of it is lost', async () => {
  const first = await place.commit({ 'a.txt': 'a\n' });
  const second = await place.commit({ 'a.txt': 'b\n' });
  place.inFork('fetch', '--quiet', place.url, 'main');
  place.inFork('update-ref', 'refs/heads/upstream/main', first);
  place.inFork('update-ref', 'refs/heads/forkwright/tool', place.commitInFork(second));
  const done = await syncFork(requestOf(place, second), place.syncDeps);
  expect(done.refs.map(({ state, reason }) => [state, reason])).toEqual([
    ['moved', 'forward'],
    ['blocked', 'it has commits of somebody else'],
  ]);
});

test('a commit that is pushed meanwhile is not lost', async () => {
  const first = await place.commit({ 'a.txt': 'a\n' });
  await syncFork(requestOf(place, first), place.syncDeps);
  const second = await place.commit({ 'a.txt': 'b\n' });
  const theirs = place.commitInFork(first);
  const { run } = place.deps;
  const late: RunProgram = async (argv, options) => {
    if (argv.includes('push')) place.inFork('update-ref', 'refs/heads/forkwright/tool', theirs);
    return run(argv, options);
  };
  const error = await failureOf(syncFork(requestOf(place, second), { ...place.syncDeps, run: late }));
  expect(error.code).toBe('fork.push-refused');
  expect(error.hint).toBe('somebody has pushed meanwhile: run it again');
  expect(place.refs()).toMatchObject({
    'refs/heads/upstream/main': first,
    'refs/heads/forkwright/tool': theirs,
    'refs/forkwright/upstream/main': first,
  });
});

test('a tag that is another one in the fork is never overwritten', async () => {
  const first = await place.commit({ 'a.txt': 'a\n' });
  place.git('tag', 'v1');
  await syncFork(requestOf(place, first), place.syncDeps);
  const second = await place.commit({ 'a.txt': 'b\n' });
  place.git('tag', '--force', 'v1');
  place.git('tag', 'v2');
  const done = await syncFork(requestOf(place, second), place.syncDeps);
  expect(summarize(done.refs)).toEqual([
    'moved upstream/main',
    'moved forkwright/tool',
    'blocked refs/tags/v1',
    'created refs/tags/v2',
  ]);
  expect(done.findings).toMatchObject([
    {
      code: 'fork.tag-differs',
      severity: 'error',
      text: `the tag v1 is ${first.slice(0, 12)} in the fork and ${second.slice(0, 12)} upstream`,
    },
  ]);
  expect(place.refs()).toMatchObject({ 'refs/tags/v1': first, 'refs/tags/v2': second });
});

test.each([
  [{ kind: 'tag', pattern: 'v1.*' }, ['v1.0', 'v1.1']],
  [{ kind: 'release', range: '>=1.1' }, ['v1.1', 'v2.0']],
  [{ kind: 'none' }, ['nightly', 'v1.0', 'v1.1', 'v2.0']],
] as const)('of %o the tags that are followed are pushed', async (track, tags) => {
  const commit = await place.commit({ 'a.txt': 'a\n' });
  for (const tag of ['v1.0', 'v1.1', 'v2.0', 'nightly']) place.git('tag', tag);
  const done = await syncFork(requestOf(place, commit, { track }), place.syncDeps);
  expect(done.refs.map(({ ref }) => ref)).toEqual([
    'refs/heads/upstream/pinned',
    'refs/heads/forkwright/tool',
    ...tags.map((tag) => `refs/tags/${tag}`),
  ]);
});

test('a dry run says what would be done and writes nothing', async () => {
  const first = await place.commit({ 'a.txt': 'a\n' });
  await syncFork(requestOf(place, first), place.syncDeps);
  const before = place.refs();
  const second = await place.commit({ 'a.txt': 'b\n' });
  place.git('tag', 'v1');
  const dry = { ...place.syncDeps, isDryRun: true, run: refusePush(place.deps.run) };
  const done = await syncFork(requestOf(place, second), dry);
  expect(done.refs).toEqual([
    { ref: 'refs/heads/upstream/main', state: 'moved', from: first, to: second, reason: 'forward' },
    { ref: 'refs/heads/forkwright/tool', state: 'moved', from: first, to: second, reason: 'forward' },
    { ref: 'refs/tags/v1', state: 'created', from: null, to: second, reason: 'upstream has it' },
  ]);
  expect(place.refs()).toEqual(before);
});

test('a push that is cut off leaves nothing, and the next run ends right', async () => {
  const pinned = await place.commit({ 'a.txt': 'a\n' });
  place.git('tag', 'v1');
  await writeFile(join(place.forkFolder, 'hooks/pre-receive'), '#!/bin/sh\nkill -9 $PPID\n', { mode: 0o755 });
  const error = await failureOf(syncFork(requestOf(place, pinned), place.syncDeps));
  expect(error.code).toBe('fork.push-refused');
  expect(place.refs()).toEqual({});
  await rm(join(place.forkFolder, 'hooks/pre-receive'));
  const done = await syncFork(requestOf(place, pinned), place.syncDeps);
  expect(summarize(done.refs)).toEqual(['created upstream/main', 'created forkwright/tool', 'created refs/tags/v1']);
});

test('what a hook of the server says is told', async () => {
  const pinned = await place.commit({ 'a.txt': 'a\n' });
  const hook = '#!/bin/sh\necho "GitLab: You are not allowed to force push code to a protected branch." >&2\nexit 1\n';
  await writeFile(join(place.forkFolder, 'hooks/pre-receive'), hook, { mode: 0o755 });
  const error = await failureOf(syncFork(requestOf(place, pinned), place.syncDeps));
  expect(error.message).toMatch(
    /^the push was refused: GitLab: You are not allowed to force push code to a protected branch\.; .*pre-receive hook declined/,
  );
});

test('a server without atomic pushes gets all refs too', async () => {
  const pinned = await place.commit({ 'a.txt': 'a\n' });
  place.inFork('config', 'receive.advertiseAtomic', 'false');
  await syncFork(requestOf(place, pinned), place.syncDeps);
  expect(Object.keys(place.refs())).toEqual([
    'refs/forkwright/forkwright/tool',
    'refs/forkwright/upstream/main',
    'refs/heads/forkwright/tool',
    'refs/heads/upstream/main',
  ]);
});

test('a cache that is damaged is made anew', async () => {
  const first = await place.commit({ 'a.txt': 'a\n' });
  await syncFork(requestOf(place, first), place.syncDeps);
  const forks = join(place.deps.cacheFolder, 'forks');
  const [name = ''] = await readdir(forks);
  await rm(join(forks, name, 'objects/pack'), { recursive: true });
  place.inFork('update-ref', '-d', 'refs/heads/upstream/main');
  await syncFork(requestOf(place, first), place.syncDeps);
  expect(place.refs()['refs/heads/upstream/main']).toBe(first);
  expect(await readdir(forks)).toEqual([name]);
});

test('a branch that two recipes want at different commits is moved by neither', async () => {
  const commit = await place.commit({ 'a.txt': 'a\n' });
  const contested = new Map([['refs/heads/upstream/main', 'other']]);
  const done = await syncFork(requestOf(place, commit, { contested }), place.syncDeps);
  expect(summarize(done.refs)).toEqual(['blocked upstream/main', 'created forkwright/tool']);
  expect(done.findings).toMatchObject([{ code: 'fork.contested-branch' }]);
});

test('a fork that is not there is an error that says who makes it', async () => {
  const commit = await place.commit({ 'a.txt': 'a\n' });
  const error = await failureOf(syncFork(requestOf(place, commit, { fork: `${place.forkUrl}-not` }), place.syncDeps));
  expect(error.code).toBe('fork.unreachable');
  expect(error.hint).toBe('it has to be there: forkwright makes projects on GitLab only, for a fork that is a path');
});

test('more refs than a command line should have are pushed in parts, branches last', async () => {
  const commit = await place.commit({ 'a.txt': 'a\n' });
  const names = ['refs/heads/main', 'refs/tags/v1', 'refs/tags/v2', 'refs/tags/v3'];
  const pushed: (readonly string[])[] = [];
  const run: RunProgram = (argv, options) => {
    pushed.push(argv.flatMap((word) => word.split(`${commit}:`)[1] ?? []));
    return place.deps.run(argv, options);
  };
  const updates = names.map((ref) => ({ ref, to: commit, expected: null }));
  const home = { url: place.forkUrl, project: null, credentials: null };
  await pushFork(join(place.upstreamFolder, '.git'), updates, home, { ...place.deps, run }, 2);
  expect(pushed).toEqual([
    ['refs/tags/v1', 'refs/tags/v2'],
    ['refs/tags/v3', 'refs/heads/main'],
  ]);
  expect(Object.keys(place.refs())).toEqual(names);
});

function refusePush(run: RunProgram): RunProgram {
  return (argv, options) => {
    if (argv.includes('push')) throw new Error('nothing is to be pushed');
    return run(argv, options);
  };
}
