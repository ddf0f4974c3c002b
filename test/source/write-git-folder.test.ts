import { execFileSync } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { obtainSource } from '../../src/source/obtain.ts';
import { writeGitFolder } from '../../src/source/write-git-folder.ts';
import { writeSource } from '../../src/source/write.ts';
import { makePlace, upstreamOf } from './repository.ts';

test('git says of the folder what it says of a checkout of the commit, without the cache', async () => {
  const place = await makePlace();
  await place.commit({ 'a.txt': 'first\n' });
  const commit = await place.commit({ 'a.txt': 'second\n', 'sub/b': 'x\n' });
  const source = await obtainSource(upstreamOf(place.url, commit), [], place.deps);
  const output = join(place.root, 'source');
  await writeSource(source, output, place.deps);
  await writeGitFolder(source, output, place.deps);
  await rename(place.deps.cacheFolder, `${place.deps.cacheFolder}-away`);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', `safe.directory=${output}`, ...args], { cwd: output, encoding: 'utf8' }).trim();
  expect(git('rev-parse', 'HEAD')).toBe(commit);
  expect(git('status', '--porcelain')).toBe('');
  expect(git('describe', '--always', '--dirty')).toBe(commit.slice(0, 7));
  expect(git('rev-list', '--count', 'HEAD')).toBe('1');
  expect(git('config', 'remote.origin.url')).toBe(place.url);
  expect(git('fsck', '--no-dangling')).toBe('');
  await place.remove();
});
