import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { classifySeries } from '../../src/source/classify-series.ts';
import { obtainSource } from '../../src/source/obtain.ts';
import type { PatchVerdict } from '../../src/source/patch-verdict.ts';
import { lines, makePlace, upstreamOf, type Content, type Place } from './repository.ts';

let place: Place;
beforeEach(async () => {
  place = await makePlace();
});
afterEach(() => place.remove());

const classify = (commit: string, ...patches: string[]) =>
  classifySeries({ ...upstreamOf(place.url, null), commit }, patches, place.deps);

/** The text of a refreshed patch, a character per byte. */
function contentOf(verdict: PatchVerdict | undefined): string {
  return verdict?.state === 'refresh' ? Buffer.from(verdict.content).toString('latin1') : '';
}

/** Makes a patch out of changes to the head, which stays as it is. */
async function makePatch(files: Readonly<Record<string, Content>>, name?: string, message?: string): Promise<string> {
  await place.commit(files, message);
  const patch = await place.formatPatch('HEAD', name);
  // As bytes: what git prints is text to the other one.
  place.git('format-patch', '--quiet', '-1', `--output=${join(place.root, patch)}`);
  place.git('reset', '--quiet', '--hard', 'HEAD~1');
  return patch;
}

/** Puts what a verdict says in the place of its patch, and gives the tree that the patches make of a commit. */
async function applyRefreshed(commit: string, verdicts: readonly PatchVerdict[]): Promise<string> {
  for (const verdict of verdicts) {
    if (verdict.state === 'refresh') await writeFile(join(place.root, verdict.path), verdict.content);
  }
  const left = verdicts.filter(({ state }) => state !== 'merged').map(({ path }) => path);
  const again = await classify(commit, ...left);
  expect(again.map(({ state }) => state)).toEqual(left.map(() => 'applies'));
  return (await obtainSource(upstreamOf(place.url, commit), left, place.deps)).tree;
}

test('a series on a new tree: each patch on what those before it leave', async () => {
  await place.commit({ 'a.txt': lines(40), 'b.txt': lines(20) });
  const offset = await makePatch({ 'a.txt': lines(40, { 30: 'thirty' }) }, '0001-offset.patch');
  const merged = await makePatch({ 'b.txt': lines(20, { 5: 'five' }) }, '0002-merged.patch');
  const near = await makePatch({ 'a.txt': lines(40, { 12: 'twelve' }) }, '0003-near.patch');
  const lost = await makePatch({ 'b.txt': lines(20, { 15: 'ours' }) }, '0004-lost.patch');
  const commit = await place.commit({
    'a.txt': `new\n${lines(40, { 10: 'ten' })}`,
    'b.txt': lines(20, { 5: 'five', 15: 'theirs' }),
  });
  expect(await classify(commit, offset, merged, near, lost)).toEqual([
    { state: 'applies', path: offset },
    { state: 'merged', path: merged },
    { state: 'refresh', path: near, content: expect.any(Uint8Array) },
    {
      state: 'conflict',
      path: lost,
      reason: 'b.txt (@@ -12,7 +12,7 @@)',
      reject: `diff a/b.txt b/b.txt\t(rejected hunks)
@@ -12,7 +12,7 @@ line 11
 line 12
 line 13
 line 14
-line 15
+ours
 line 16
 line 17
 line 18
`,
      files: ['b.txt'],
      after: [],
    },
  ]);
});

test('a refreshed patch says what it said, of its author and date, with another diff and nothing that changes by itself', async () => {
  await place.commit({ 'a.txt': lines(30) });
  const message = `[PATCH 2/3] Größe

A text with
---------- a ruler, and "quotes"

Signed-off-by: Somebody <somebody@example.org>`;
  const patch = await makePatch({ 'a.txt': lines(30, { 15: 'LINE 15' }) }, '0001-x.patch', message);
  const path = join(place.root, patch);
  const before = await readFile(path, 'utf8');
  await writeFile(path, before.replace('[PATCH] ', '[PATCH v2 2/3] ').replace('\n---\n', '\n---\nv2: rebased\n\n'));
  const commit = await place.commit({ 'a.txt': lines(30, { 13: 'LINE 13' }) });
  const [verdict] = await classify(commit, patch);
  const content = Buffer.from(contentOf(verdict), 'latin1').toString();
  const head = before.slice(before.indexOf('From: '), before.indexOf('\n---\n')).replace('[PATCH] ', '[PATCH v2] ');
  expect(content).toBe(`From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
${head}
---
v2: rebased

 a.txt | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

diff --git a/a.txt b/a.txt
${/^index .*$/m.exec(content)?.[0] ?? ''}
--- a/a.txt
+++ b/a.txt
@@ -12,7 +12,7 @@ line 11
 line 12
 LINE 13
 line 14
-line 15
+LINE 15
 line 16
 line 17
 line 18
`);
  expect(content).toMatch(/^index [0-9a-f]{40}\.\.[0-9a-f]{40} 100644$/m);
  const wanted = await place.commit({ 'a.txt': lines(30, { 13: 'LINE 13', 15: 'LINE 15' }) });
  expect(await applyRefreshed(commit, [verdict ?? { state: 'applies', path: patch }])).toBe(
    place.git('rev-parse', `${wanted}^{tree}`),
  );
});

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const NEAR = { 13: 'LINE 13' };
const MINE = { 15: 'LINE 15' };

type Files = Readonly<Record<string, Content>>;

/** What a patch was made from, what it makes of it, what upstream has by now, and what both come to. */
type Change = Readonly<Record<'base' | 'patched' | 'upstream' | 'wanted', Files>>;

/** Puts each change into a folder of its own. */
function unite(changes: Readonly<Record<string, Partial<Change>>>, side: keyof Change): Files {
  return Object.fromEntries(
    Object.entries(changes).flatMap(([name, change]) =>
      Object.entries(change[side] ?? {}).map(([file, content]) => [`${name}/${file}`, content]),
    ),
  );
}

/** Makes a patch of each change, and gives their paths. */
async function makePatches(changes: Readonly<Record<string, Change | Omit<Change, 'wanted'>>>): Promise<string[]> {
  await place.commit(unite(changes, 'base'));
  const paths: string[] = [];
  for (const [name, change] of Object.entries(changes)) {
    paths.push(await makePatch(unite({ [name]: change }, 'patched'), `${name}.patch`));
  }
  return paths;
}

const REFRESHED: Readonly<Record<string, Change>> = {
  'line-ends-of-two-characters': {
    base: { 'a.txt': lines(30).replaceAll('\n', '\r\n') },
    patched: { 'a.txt': lines(30, MINE).replaceAll('\n', '\r\n') },
    upstream: { 'a.txt': lines(30, NEAR).replaceAll('\n', '\r\n') },
    wanted: { 'a.txt': lines(30, { ...NEAR, ...MINE }).replaceAll('\n', '\r\n') },
  },
  'bytes-that-are-no-utf8': {
    base: { 'näme.txt': lines(30) },
    patched: { 'näme.txt': latin1(lines(30, { 15: 'gr\xfc\xdfe' })) },
    upstream: { 'näme.txt': latin1(lines(30, { 13: 'caf\xe9' })) },
    wanted: { 'näme.txt': latin1(lines(30, { 13: 'caf\xe9', 15: 'gr\xfc\xdfe' })) },
  },
  'renamed-upstream': {
    base: { 'old/a.txt': lines(30, { 1: 'one of a kind' }) },
    patched: { 'old/a.txt': lines(30, { 1: 'one of a kind', ...MINE }) },
    upstream: { 'old/a.txt': null, 'new/b.txt': lines(30, { 1: 'one of a kind' }) },
    wanted: { 'new/b.txt': lines(30, { 1: 'one of a kind', ...MINE }) },
  },
  'all-kinds-of-changes': {
    base: { 'a.txt': lines(30), 'b.txt': lines(30), run: 'x\n', 'c.bin': new Uint8Array([0, 1, 2]), gone: 'x\n' },
    patched: {
      'a.txt': null,
      'moved.txt': lines(30),
      'b.txt': lines(30, MINE),
      run: { program: 'x\n' },
      'c.bin': new Uint8Array([0, 3]),
      'd.bin': new Uint8Array([0, 4]),
      new: 'no end',
      link: { link: 'new' },
      gone: null,
    },
    upstream: { 'b.txt': lines(30, NEAR) },
    wanted: {
      'a.txt': null,
      'moved.txt': lines(30),
      'b.txt': lines(30, { ...NEAR, ...MINE }),
      run: { program: 'x\n' },
      'c.bin': new Uint8Array([0, 3]),
      'd.bin': new Uint8Array([0, 4]),
      new: 'no end',
      link: { link: 'new' },
      gone: null,
    },
  },
  'upstream-has-a-part': {
    base: { 'a.txt': lines(60), gone: 'x\n', left: 'x\n', run: 'x\n', stay: 'x\n' },
    patched: {
      'a.txt': lines(60, { 10: 'ten', 50: 'fifty' }),
      gone: null,
      left: null,
      run: { program: 'x\n' },
      new: 'n\n',
    },
    upstream: { 'a.txt': lines(60, { 50: 'fifty' }), gone: null, run: { program: 'x\n' }, new: 'n\n' },
    wanted: { 'a.txt': lines(60, { 10: 'ten', 50: 'fifty' }), left: null },
  },
  'upstream-has-all-but-the-mode': {
    base: { run: 'x\n' },
    patched: { run: { program: 'y\n' } },
    upstream: { run: 'y\n' },
    wanted: { run: { program: 'y\n' } },
  },
};

test('what is refreshed applies, and makes what a merge makes', async () => {
  const paths = await makePatches(REFRESHED);
  const commit = await place.commit(unite(REFRESHED, 'upstream'));
  const verdicts = await classify(commit, ...paths);
  expect(verdicts).toMatchObject(paths.map((path) => ({ state: 'refresh', path })));
  await place.commit(unite(REFRESHED, 'wanted'));
  const tree = place.git('rev-parse', 'HEAD^{tree}');
  expect(await applyRefreshed(commit, verdicts)).toBe(tree);
});

const MERGED: Readonly<Record<string, Omit<Change, 'wanted'>>> = {
  mode: { base: { run: 'x\n' }, patched: { run: { program: 'x\n' } }, upstream: { run: { program: 'x\n' } } },
  renamed: { base: { a: lines(9) }, patched: { a: null, b: lines(9) }, upstream: { a: null, b: lines(9) } },
  removed: { base: { a: 'x\n', b: '' }, patched: { a: null }, upstream: { a: null } },
  added: { base: { b: '' }, patched: { a: 'x\n' }, upstream: { a: 'x\n' } },
  binary: {
    base: { a: new Uint8Array([0]) },
    patched: { a: new Uint8Array([0, 1]) },
    upstream: { a: new Uint8Array([0, 1]) },
  },
  'surroundings-changed': {
    base: { a: lines(30) },
    patched: { a: lines(30, MINE) },
    upstream: { a: lines(30, { ...MINE, ...NEAR }) },
  },
  'block-that-comes-again': {
    base: { a: `one\n${lines(9)}two\n${lines(9)}` },
    patched: { a: `one\n${lines(9, { 5: 'x' })}two\n${lines(9)}` },
    upstream: { a: `head\none\n${lines(9, { 5: 'x' })}two\n${lines(9)}` },
  },
};

test('what upstream has is merged, and never applies a second time', async () => {
  const paths = await makePatches(MERGED);
  const commit = await place.commit(unite(MERGED, 'upstream'));
  expect(await classify(commit, ...paths)).toEqual(paths.map((path) => ({ state: 'merged', path })));
});

test('a patch applies where upstream has something like it elsewhere', async () => {
  await place.commit({ a: `${lines(9, { 5: 'x' })}two\n${lines(9)}` });
  const patch = await makePatch({ a: `${lines(9, { 5: 'x' })}two\n${lines(9, { 5: 'x' })}` });
  const commit = await place.commit({ 'other.txt': 'x\n' });
  expect(await classify(commit, patch)).toEqual([{ state: 'applies', path: patch }]);
});

test('a plain diff stays one, and needs no history', async () => {
  await place.commit({ 'a.txt': lines(30) });
  await place.commit({ 'a.txt': lines(30, MINE) });
  const diff = place.git('diff', 'HEAD~1', 'HEAD');
  place.git('reset', '--quiet', '--hard', 'HEAD~1');
  const patch = await place.formatPatch('HEAD');
  await writeFile(join(place.root, patch), `Why it is there.\n\n${diff}\n`);
  const commit = await place.commit({ 'a.txt': lines(30, NEAR) });
  const verdicts = await classify(commit, patch);
  expect(contentOf(verdicts[0])).toMatch(/^Why it is there\.\n\ndiff --git a\/a\.txt b\/a\.txt\nindex /);
  // One of diff(1) does not say what it was made for.
  await writeFile(join(place.root, patch), `${diff.replace(/^diff --git.*\nindex.*\n/, '')}\n`);
  await rename(place.upstreamFolder, `${place.upstreamFolder}-gone`);
  expect(await classify(commit, patch)).toMatchObject([{ state: 'conflict', reason: 'a.txt (@@ -12,7 +12,7 @@)' }]);
});

test('a file of several mails: what is merged of it goes, what applies stays as it is', async () => {
  await place.commit({ a: lines(30), b: lines(30), c: lines(30) });
  const start = place.git('rev-parse', 'HEAD');
  await place.commit({ a: lines(30, MINE) }, 'First');
  await place.commit({ b: lines(30, MINE) }, 'Second');
  await place.commit({ c: lines(30, MINE) }, 'Third');
  const mails = `${place.git('format-patch', '--cover-letter', '--stdout', start)}\n`;
  place.git('reset', '--quiet', '--hard', start);
  const patch = await place.formatPatch('HEAD');
  await writeFile(join(place.root, patch), mails);
  const third = `From ${mails.split(/^From /m).at(-1) ?? ''}`;
  const commit = await place.commit({ a: lines(30, NEAR), b: lines(30, MINE) });
  const verdicts = await classify(commit, patch);
  const content = contentOf(verdicts[0]);
  expect(content.match(/^Subject: .*$/gm)).toEqual([
    'Subject: [PATCH 0/3] *** SUBJECT HERE ***',
    'Subject: [PATCH] First',
    'Subject: [PATCH 3/3] Third',
  ]);
  expect(content.endsWith(third)).toBe(true);
  await place.commit({ a: lines(30, { ...NEAR, ...MINE }), c: lines(30, MINE) });
  const tree = place.git('rev-parse', 'HEAD^{tree}');
  expect(await applyRefreshed(commit, verdicts)).toBe(tree);
});

test('patches that build on each other are merged three ways although upstream never had what is between them', async () => {
  await place.commit({ a: lines(30) });
  const start = place.git('rev-parse', 'HEAD');
  const first = await place.formatPatch(await place.commit({ a: lines(30, MINE) }), '0001-a.patch');
  const second = await place.formatPatch(await place.commit({ a: lines(30, { ...MINE, 16: 'more' }) }), '0002-b.patch');
  place.git('reset', '--quiet', '--hard', start);
  place.git('reflog', 'expire', '--expire=now', '--all');
  place.git('gc', '--quiet', '--prune=now');
  const commit = await place.commit({ a: lines(30, NEAR) });
  const verdicts = await classify(commit, first, second);
  expect(verdicts.map(({ state }) => state)).toEqual(['refresh', 'refresh']);
  await place.commit({ a: lines(30, { ...NEAR, ...MINE, 16: 'more' }) });
  const tree = place.git('rev-parse', 'HEAD^{tree}');
  expect(await applyRefreshed(commit, verdicts)).toBe(tree);
});

test('after a conflict the rest is held to the tree without it; what may depend on it is told', async () => {
  await place.commit({ a: lines(30), b: lines(30), gone: lines(3) });
  const start = place.git('rev-parse', 'HEAD');
  const first = await place.formatPatch(
    await place.commit({ a: lines(30, MINE), gone: lines(3, { 2: 'two' }) }),
    '0001-a.patch',
  );
  const second = await place.formatPatch(await place.commit({ a: lines(30, { 15: 'again' }) }), '0002-b.patch');
  const third = await place.formatPatch(await place.commit({ b: lines(30, MINE) }), '0003-c.patch');
  place.git('reset', '--quiet', '--hard', start);
  const commit = await place.commit({ a: lines(30, { 15: 'theirs' }), gone: null });
  expect(await classify(commit, first, second, third)).toMatchObject([
    {
      state: 'conflict',
      reason: 'a (@@ -12,7 +12,7 @@); gone: does not exist in index',
      reject: expect.stringMatching(/^\+LINE 15$[\s\S]*^-line 2\n\+two$/m),
      files: ['a', 'gone'],
      after: [],
    },
    { state: 'conflict', files: ['a'], after: [first] },
    { state: 'applies' },
  ]);
});

test('without the network: from the cache, and where that cannot tell, no verdict', async () => {
  const old = await place.commit({ a: lines(30) });
  const patch = await makePatch({ a: lines(30, MINE) });
  const commit = await place.commit({ a: lines(30, NEAR) });
  await obtainSource(upstreamOf(place.url, commit), [], place.deps);
  const gone = `${place.upstreamFolder}-gone`;
  await rename(place.upstreamFolder, gone);
  await expect(classify(commit, patch)).rejects.toMatchObject({ code: 'source.fetch-failed' });
  await rename(gone, place.upstreamFolder);
  // What it is built from now has the versions that it was made for.
  await obtainSource(upstreamOf(place.url, old), [patch], place.deps);
  await rename(place.upstreamFolder, gone);
  expect(await classify(commit, patch)).toMatchObject([{ state: 'refresh' }]);
});

test('a repository with longer hashes', async () => {
  await place.remove();
  place = await makePlace({ hash: 'sha256' });
  await place.commit({ a: lines(30) });
  const patch = await makePatch({ a: lines(30, MINE) });
  const verdicts = await classify(await place.commit({ a: lines(30, NEAR) }), patch);
  expect(contentOf(verdicts[0])).toMatch(/^From 0{64} Mon Sep 17 00:00:00 2001\n/);
});

test('what is refreshed does not change by being refreshed again, and git am takes it', async () => {
  await place.commit({ a: lines(30) });
  const patch = await makePatch({ a: lines(30, MINE) }, '0001-x.patch', 'Größe\n\nA text.');
  const wanted = place.git('log', '-1', '--format=%an %ae %aI');
  const commit = await place.commit({ a: lines(30, NEAR) });
  const [first] = await classify(commit, patch);
  const further = await place.commit({ a: lines(30, { ...NEAR, 17: 'LINE 17' }) });
  const [direct] = await classify(further, patch);
  await writeFile(join(place.root, patch), contentOf(first), 'latin1');
  const [again] = await classify(further, patch);
  expect(contentOf(again)).toBe(contentOf(direct));
  await writeFile(join(place.root, patch), contentOf(again), 'latin1');
  place.git('am', '--quiet', join(place.root, patch));
  expect(place.git('log', '-1', '--format=%B').trim()).toBe('Größe\n\nA text.');
  expect(place.git('log', '-1', '--format=%an %ae')).toBe(wanted.split(' ').slice(0, -1).join(' '));
});
