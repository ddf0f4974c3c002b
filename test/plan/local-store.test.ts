import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { writeImageLayout } from '../../src/archive/write/write-layout.ts';
import { readInputRecord, removeInputRecord, writeInputRecord } from '../../src/plan/input-record-file.ts';
import { readStoredIndex, readStoredTarget } from '../../src/plan/local-store.ts';
import { makeRecord } from '../../src/plan/record.ts';
import { file, layoutOf, makeFolder, makeImage, SIGNAL } from '../support/archives.ts';
import { makeTarget } from '../support/workspace-values.ts';

const TARGET = makeTarget();
const RECORD = makeRecord({ platform: 'linux/amd64', 'image b': 'B', 'image a': 'A' });
const ARCHIVE = 'out/tool/linux-amd64.oci.tar';
const INPUTS = 'out/tool/linux-amd64.inputs.json';

async function writeArchive(root: string, path: string, ...architectures: readonly string[]): Promise<void> {
  const layout = layoutOf(architectures.map((arch) => makeImage([[file('bin/tool', arch)]], arch)));
  await writeImageLayout(join(root, path), layout, { signal: SIGNAL, onBytes: () => undefined });
}

async function write(root: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

test('an archive is known with the record that is about it', async () => {
  const root = await makeFolder();
  expect(await readStoredTarget(root, TARGET)).toBeNull();
  await writeArchive(root, ARCHIVE, 'amd64');
  const stored = await readStoredTarget(root, TARGET);
  expect(stored).toMatchObject({ path: ARCHIVE, record: null, sizeBytes: expect.any(Number) });
  const digest = stored?.digest ?? 'sha256:';
  await writeInputRecord(root, TARGET, { digest, record: RECORD });
  expect(await readStoredTarget(root, TARGET)).toEqual({ ...stored, record: RECORD });
  expect(await readInputRecord(root, TARGET)).toEqual({ digest, record: RECORD });
  await writeInputRecord(root, TARGET, { digest: `sha256:${'0'.repeat(64)}`, record: RECORD });
  expect(await readStoredTarget(root, TARGET)).toEqual(stored);
  await removeInputRecord(root, TARGET);
  await removeInputRecord(root, TARGET);
  expect(await readInputRecord(root, TARGET)).toBeNull();
});

const SOUND = {
  schema: 'forkwright.inputs/v1',
  recipe: 'tool',
  platform: 'linux/amd64',
  digest: `sha256:${'0'.repeat(64)}`,
  inputHash: RECORD.inputHash,
  leaves: RECORD.leaves,
};

test.each([
  ['sound', SOUND, true],
  ['of another recipe', { ...SOUND, recipe: 'other' }, false],
  ['of another platform', { ...SOUND, platform: 'linux/arm64' }, false],
  ['of another hash', { ...SOUND, leaves: { ...RECORD.leaves, 'image a': 'C' } }, false],
  ['of another form', { ...SOUND, schema: 'forkwright.inputs/v2' }, false],
  ['with a key that is not known', { ...SOUND, more: 1 }, false],
  ['with half of a surrogate pair', { ...SOUND, leaves: { a: '\ud800' } }, false],
  ['no object', [], false],
])('a record in out/ that is %s', async (_, document, isRead) => {
  const root = await makeFolder();
  await write(root, INPUTS, JSON.stringify(document));
  expect((await readInputRecord(root, TARGET)) !== null).toBe(isRead);
});

test('a record that is no JSON is none', async () => {
  const root = await makeFolder();
  await write(root, INPUTS, '{');
  expect(await readInputRecord(root, TARGET)).toBeNull();
});

test.each([
  ['no tar', 'archive.unknown-format', (root: string) => write(root, ARCHIVE, 'x'.repeat(2000))],
  ['of two platforms', 'build.not-one-image', (root: string) => writeArchive(root, ARCHIVE, 'amd64', 'arm64')],
])('an archive that is %s is an error', async (_, code, prepare) => {
  const root = await makeFolder();
  await prepare(root);
  await expect(readStoredTarget(root, TARGET)).rejects.toMatchObject({ code });
});

test('an index in out/ is an image like a published one', async () => {
  const root = await makeFolder();
  expect(await readStoredIndex(root, 'tool')).toBeNull();
  await writeArchive(root, 'out/tool/tool.oci.tar', 'amd64', 'arm64');
  const index = await readStoredIndex(root, 'tool');
  expect(index?.name).toBe('out/tool/tool.oci.tar');
  expect([...(index?.platforms ?? [])].map(([platform, { record }]) => [platform, record])).toEqual([
    ['linux/amd64', null],
    ['linux/arm64', null],
  ]);
});
