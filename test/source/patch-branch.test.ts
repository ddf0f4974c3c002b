import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { obtainSource } from '../../src/source/obtain.ts';
import { commitPatches } from '../../src/source/patch-branch.ts';
import { failureOf } from '../support/obtain-deps.ts';
import { makePlace, upstreamOf, type Place } from './repository.ts';

let place: Place;
beforeEach(async () => {
  place = await makePlace();
});
afterEach(() => place.remove());

const commitOn = (commit: string, patches: readonly string[]) =>
  commitPatches(
    {
      git: place.url,
      commit,
      objects: join(place.upstreamFolder, '.git/objects'),
      fetchHistory: () => Promise.resolve(),
    },
    patches,
    place.deps,
  );

test('each message becomes a commit, what is merged becomes none, and the tree is the one that is built', async () => {
  await place.commit({ 'a.txt': 'a\n', 'b.txt': 'b\n' });
  const merged = await place.formatPatch(await place.commit({ 'a.txt': 'merged\n' }), '0001-merged.patch');
  const base = place.git('rev-parse', 'HEAD');
  await place.commit({ 'a.txt': 'one\n' }, 'First: Grüße\n\nWhy it is.');
  const first = place.git('rev-parse', 'HEAD');
  await place.commit({ 'b.txt': 'two\n' }, 'Second');
  const both = await place.formatPatch(first, '0002-both.patch');
  const path = join(place.root, both);
  const second = place.git('format-patch', '-1', '--stdout', 'HEAD');
  await writeFile(path, `${await readFile(path, 'utf8')}${second}\n`);
  const head = await commitOn(base, [merged, both]);
  expect(place.git('log', '--format=%s|%b|%an', `${base}..${head}`)).toBe(
    'Second||A Maintainer\nFirst: Grüße|Why it is.\n|A Maintainer',
  );
  const source = await obtainSource(upstreamOf(place.url, base), [merged, both], place.deps);
  expect(place.git('rev-parse', `${head}^{tree}`)).toBe(source.tree);
  place.git('fsck', '--strict', head);
});

test('without patches it is the commit itself; a patch that does not fit is the error that a build has', async () => {
  const base = await place.commit({ 'a.txt': 'a\n' });
  expect(await commitOn(base, [])).toBe(base);
  await place.commit({ 'a.txt': 'b\n' });
  const patch = await place.formatPatch(await place.commit({ 'a.txt': 'c\n' }));
  expect((await failureOf(commitOn(base, [patch]))).code).toBe('source.patch-conflict');
});
