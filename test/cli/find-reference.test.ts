import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findReference } from '../../src/cli/find-reference.ts';
import { formatReference } from '../../src/oci/reference.ts';
import { makeFolder } from '../support/archives.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  ['docker://alpine', 'docker.io/library/alpine'],
  ['docker://out.tar', 'docker.io/library/out.tar'],
  ['alpine:3.20', 'docker.io/library/alpine:3.20'],
  ['team/tool:1', 'docker.io/team/tool:1'],
  [`alpine@${DIGEST}`, `docker.io/library/alpine@${DIGEST}`],
  ['localhost/tool', 'localhost/tool'],
  ['localhost:5000/tool', 'localhost:5000/tool'],
  ['registry.example.com/team/tool', 'registry.example.com/team/tool'],
  ['docker.io/alpine', 'docker.io/library/alpine'],
])('%s is the image %s', async (word, name) => {
  const reference = await findReference(word, await makeFolder());
  expect(reference && formatReference(reference)).toBe(name);
});

test.each([
  'alpine',
  'out/tool',
  'tool.tar',
  'out/tool.oci.tar',
  'example.com/tool.tar',
  'tool.tar.gz',
  'tool.tgz',
  './tool:1',
  '../tool:1',
  '/tmp/tool:1',
  '~/tool:1',
  '-',
  'C:\\images\\tool',
  'C:/images/tool',
  'oci:tool:1',
  'oci-archive:tool.tar',
  'docker-archive:tool:1',
  'dir:tool',
  'Tool:1',
  'a b:1',
])('%s is no image of a registry', async (word) => {
  expect(await findReference(word, await makeFolder())).toBeNull();
});

test('a file or folder of the name comes first', async () => {
  const folder = await makeFolder();
  await writeFile(join(folder, 'tool:1'), '');
  await mkdir(join(folder, 'registry.example.com/tool'), { recursive: true });
  expect(await findReference('tool:1', folder)).toBeNull();
  expect(await findReference('registry.example.com/tool', folder)).toBeNull();
  expect(await findReference('docker://tool:1', folder)).not.toBeNull();
});

test('what follows the prefix has to be the name of an image', async () => {
  await expect(findReference('docker://Tool', '.')).rejects.toMatchObject({ code: 'reference.malformed' });
});
