import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readNpmSettings } from '../../src/prebuilt/npmrc.ts';
import { makeFolder } from '../support/archives.ts';

test('a setting whose variable is not set is none: no placeholder is taken for a token', async () => {
  const root = await makeFolder();
  await writeFile(
    join(root, '.npmrc'),
    '//a.example/:_authToken=${NPM_TOKEN}\n//b.example/:_authToken=${SET}${NPM_TOKEN}\n',
  );
  const unset = await readNpmSettings(root, { SET: 'x' });
  expect(unset('//a.example/:_authToken')).toBeUndefined();
  expect(unset('//b.example/:_authToken')).toBeUndefined();
  const set = await readNpmSettings(root, { SET: 'x', NPM_TOKEN: 'y' });
  expect(set('//a.example/:_authToken')).toBe('y');
  expect(set('//b.example/:_authToken')).toBe('xy');
});
