import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { obtainSource } from '../../src/source/obtain.ts';
import { lines, makePlace, upstreamOf, type Place } from './repository.ts';

let place: Place;
beforeEach(async () => {
  place = await makePlace();
});
afterEach(() => place.remove());

const obtain = (commit: string, patches: readonly string[], deps = place.deps) =>
  obtainSource(upstreamOf(place.url, commit), patches, deps);

/** Takes the last commit away from the branch; it is nowhere but in the patch. */
function forget(): string {
  const commit = place.git('rev-parse', 'HEAD');
  place.git('reset', '--quiet', '--hard', 'HEAD~1');
  return commit;
}

test('patches are applied in their order; the tree is as if they were committed, the time is the newest', async () => {
  const base = await place.commit({
    'näme.txt': lines(30),
    'win.txt': 'a\r\nb\r\n',
    'old.bin': new Uint8Array([0, 1]),
  });
  await place.commit({ 'näme.txt': lines(30, { 15: 'LINE 15' }), 'win.txt': 'a\r\nB\r\n', run: { program: 'x\n' } });
  const first = await place.formatPatch('HEAD', '0001-b.patch');
  await place.commit({ 'näme.txt': lines(30, { 15: 'again' }), 'old.bin': null, 'new.bin': new Uint8Array([0, 2]) });
  const second = await place.formatPatch('HEAD', '0002-a.patch');
  const wanted = place.git('rev-parse', 'HEAD^{tree}');
  const epochSeconds = Number(place.git('log', '-1', '--format=%at'));
  place.git('reset', '--quiet', '--hard', base);
  const source = await obtain(base, [first, second]);
  expect(source).toMatchObject({
    commit: base,
    tree: wanted,
    epochSeconds,
    patches: [
      { path: first, state: 'applied' },
      { path: second, state: 'applied' },
    ],
    findings: [],
  });
  // Again, from the cache alone.
  await rename(place.upstreamFolder, `${place.upstreamFolder}-gone`);
  expect(await obtain(base, [first, second])).toEqual(source);
  await expect(obtain(base, [second, first])).rejects.toMatchObject({ code: 'source.patch-conflict' });
});

test('a patch that upstream has merged is left out, with a warning', async () => {
  await place.commit({ 'a.txt': lines(30) });
  await place.commit({ 'a.txt': lines(30, { 15: 'LINE 15' }) });
  const patch = await place.formatPatch('HEAD');
  const commit = await place.commit({ 'a.txt': lines(30, { 2: 'LINE 2', 15: 'LINE 15' }) });
  const source = await obtain(commit, [patch]);
  expect(source.tree).toBe(place.git('rev-parse', 'HEAD^{tree}'));
  expect(source.patches).toEqual([{ path: patch, state: 'merged' }]);
  expect(source.findings).toEqual([
    {
      code: 'source.patch-merged',
      severity: 'warning',
      place: patch,
      text: 'what the patch does is in the source already; it was left out',
      hint: 'remove it from patches:',
    },
  ]);
});

test('a patch whose surroundings have changed is merged three ways, by the history that is fetched for it', async () => {
  await place.commit({ 'a.txt': lines(30) });
  await place.commit({ 'a.txt': lines(30, { 15: 'LINE 15' }) });
  const patch = await place.formatPatch(forget());
  const commit = await place.commit({ 'a.txt': lines(30, { 13: 'LINE 13' }) });
  const source = await obtain(commit, [patch]);
  await place.commit({ 'a.txt': lines(30, { 13: 'LINE 13', 15: 'LINE 15' }) });
  expect(source.tree).toBe(place.git('rev-parse', 'HEAD^{tree}'));
  expect(source.findings).toMatchObject([{ code: 'source.patch-three-way', severity: 'warning', place: patch }]);
  await rename(place.upstreamFolder, `${place.upstreamFolder}-gone`);
  expect((await obtain(commit, [patch])).tree).toBe(source.tree);
});

test('a patch that conflicts: which file, which hunks, and the reject', async () => {
  await place.commit({ 'dir/a.txt': lines(30), 'b.txt': lines(3) });
  await place.commit({
    'dir/a.txt': lines(30, { 4: 'ours', 15: 'LINE 15', 26: 'ours' }),
    'b.txt': lines(3, { 2: 'B' }),
    'c.txt': 'c\n',
  });
  const patch = await place.formatPatch(forget());
  const commit = await place.commit({ 'dir/a.txt': lines(30, { 4: 'theirs', 26: 'theirs' }) });
  const error = await obtain(commit, [patch]).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'source.patch-conflict',
    place: patch,
    hint: 'make it anew for this commit, or leave it out if upstream has solved it another way',
  });
  expect((error as Error).message).toBe(`the patch does not apply: dir/a.txt (@@ -1,7 +1,7 @@, @@ -23,7 +23,7 @@)
diff a/dir/a.txt b/dir/a.txt	(rejected hunks)
@@ -1,7 +1,7 @@
 line 1
 line 2
 line 3
-line 4
+ours
 line 5
 line 6
 line 7
@@ -23,7 +23,7 @@ line 22
 line 23
 line 24
 line 25
-line 26
+ours
 line 27
 line 28
 line 29`);
});

test('a patch of a file that is gone', async () => {
  await place.commit({ 'a.txt': lines(30), b: '' });
  await place.commit({ 'a.txt': lines(30, { 15: 'LINE 15' }) });
  const patch = await place.formatPatch(forget());
  const commit = await place.commit({ 'a.txt': null });
  await expect(obtain(commit, [patch])).rejects.toMatchObject({
    code: 'source.patch-conflict',
    message: 'the patch does not apply: a.txt: does not exist in index',
  });
});

test('a conflict where the history cannot be fetched says so', async () => {
  await place.commit({ 'a.txt': lines(30) });
  await place.commit({ 'a.txt': lines(30, { 15: 'LINE 15' }) });
  const patch = await place.formatPatch(forget());
  const commit = await place.commit({ 'a.txt': lines(30, { 13: 'LINE 13' }) });
  await obtain(commit, []);
  await rename(place.upstreamFolder, `${place.upstreamFolder}-gone`);
  await expect(obtain(commit, [patch])).rejects.toMatchObject({
    code: 'source.patch-conflict',
    hint: expect.stringMatching(
      /^a three-way merge was not tried, since git cannot fetch the branches and tags: '.*upstream' does not appear to be a git repository$/,
    ),
  });
});

test('patches that are no patches', async () => {
  const commit = await place.commit({ 'a.txt': lines(3) });
  await place.commit({ 'a.txt': lines(3, { 2: 'two' }) });
  const patch = await place.formatPatch(forget());
  const write = (text: string) => writeFile(join(place.root, patch), text);
  await write('hello\n');
  await expect(obtain(commit, [patch])).rejects.toMatchObject({
    code: 'source.patch-unreadable',
    message: expect.stringContaining('No valid patches in input'),
    place: patch,
  });
  const outside = '../../outside';
  await write(`--- /dev/null\n+++ b/${outside}\n@@ -0,0 +1 @@\n+x\n`);
  await expect(obtain(commit, [patch])).rejects.toMatchObject({
    code: 'source.patch-conflict',
    message: "the patch does not apply: invalid path '../../outside'",
  });
  await expect(obtain(commit, ['patches/tool/none.patch'])).rejects.toMatchObject({
    code: 'source.patch-missing',
    place: 'patches/tool/none.patch',
  });
});
