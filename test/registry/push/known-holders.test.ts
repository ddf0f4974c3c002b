import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { keepHolders, readHolders } from '../../../src/registry/push/known-holders.ts';
import { makeFolder } from '../../support/archives.ts';

test('keeps who had a blob last, for each registry', async () => {
  const folder = await makeFolder();
  const [a, b] = [digestOf('a'), digestOf('b')];
  await keepHolders(folder, 'x:5000', [
    [a, 'one'],
    [b, 'one'],
  ]);
  await keepHolders(folder, 'x:5000', [[a, 'two']]);
  await keepHolders(folder, 'y', [[a, 'other']]);
  expect([...(await readHolders(folder, 'x:5000'))]).toEqual([
    [b, 'one'],
    [a, 'two'],
  ]);
  expect([...(await readHolders(folder, 'y'))]).toEqual([[a, 'other']]);
  expect([...(await readHolders(folder, 'z'))]).toEqual([]);
});

test('what was not seen for long is forgotten', async () => {
  const folder = await makeFolder();
  const holders = Array.from({ length: 5003 }, (_, index) => [digestOf(String(index)), 'team/app'] as const);
  await keepHolders(folder, 'x', holders);
  const kept = await readHolders(folder, 'x');
  expect([kept.size, kept.has(digestOf('2')), kept.has(digestOf('3'))]).toEqual([5000, false, true]);
});

test.each(['', '[]', 'null', '{"sha256:1": "a", "nothing": 3}'])('a file that holds %j tells nothing', async (text) => {
  const folder = await makeFolder();
  await mkdir(join(folder, 'holders'));
  await keepHolders(folder, 'x', []);
  const [name = ''] = await readdir(join(folder, 'holders'));
  await writeFile(join(folder, 'holders', name), text);
  expect([...(await readHolders(folder, 'x'))]).toEqual([]);
});
