import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSmokeRecords, removeSmokeRecord, testsToJson, writeSmokeRecord } from '../../src/build/smoke-record.ts';
import type { SmokeRecord } from '../../src/image/verify/verify-tests.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { makeFolder } from '../support/archives.ts';
import { makeTarget } from '../support/workspace-values.ts';

const TARGET = makeTarget({ platform: 'linux/arm/v7' });
const RECORD: SmokeRecord = {
  recipe: 'tool',
  platform: 'linux/arm/v7',
  digest: digestOf('manifest'),
  tests: [
    { run: ['tar', '--version'], state: 'passed', exitCode: 0, output: 'tar 1.36\n"x" \u001b', reason: null },
    { run: ['sleep', '9'], state: 'failed', exitCode: null, output: '', reason: 'did not end within 120 s' },
  ],
};

test('a record is read as it was written, and the same record gives the same bytes', async () => {
  const root = await makeFolder();
  await writeSmokeRecord(root, TARGET, RECORD);
  const path = join(root, 'out/tool/linux-arm-v7.tests.json');
  const text = await readFile(path, 'utf8');
  expect(JSON.parse(text)).toEqual({ schema: 'forkwright.tests/v1', ...RECORD });
  await writeSmokeRecord(root, TARGET, RECORD);
  expect(await readFile(path, 'utf8')).toBe(text);
  expect(await readSmokeRecords(root, 'tool')).toEqual({ records: [RECORD], findings: [] });
});

test('records of other recipes, other files and what does not exist are no records', async () => {
  const root = await makeFolder();
  expect(await readSmokeRecords(root, 'tool')).toEqual({ records: [], findings: [] });
  await writeSmokeRecord(root, makeTarget({ recipe: 'other' }), { ...RECORD, recipe: 'other' });
  await mkdir(join(root, 'out/tool'));
  await writeFile(join(root, 'out/tool/linux-arm64.log'), 'log\n');
  await writeFile(join(root, 'out/tool/.linux-arm64.tests.json.1-abc.partial'), '{');
  expect(await readSmokeRecords(root, 'tool')).toEqual({ records: [], findings: [] });
});

test('the record of an earlier build is removed; one that is not there is not missed', async () => {
  const root = await makeFolder();
  await removeSmokeRecord(root, TARGET);
  await writeSmokeRecord(root, TARGET, RECORD);
  await removeSmokeRecord(root, TARGET);
  expect(await readdir(join(root, 'out/tool'))).toEqual([]);
});

test.each([
  ['an unknown key', { ...RECORD, when: 1 }, 'the document: Unrecognized key: "when"'],
  ['another digest', { ...RECORD, digest: 'sha256:1' }, 'digest: is not a digest'],
  [
    'another schema',
    { ...RECORD, schema: 'forkwright.tests/v2' },
    'schema: Invalid input: expected "forkwright.tests/v1"',
  ],
  ['no list', { ...RECORD, tests: {} }, 'tests: Invalid input: expected array, received object'],
])('a record with %s is a finding', async (_, document, why) => {
  const root = await makeFolder();
  await mkdir(join(root, 'out/tool'), { recursive: true });
  await writeFile(
    join(root, 'out/tool/linux-amd64.tests.json'),
    JSON.stringify({ schema: 'forkwright.tests/v1', ...document }),
  );
  expect(await readSmokeRecords(root, 'tool')).toEqual({
    records: [],
    findings: [
      {
        code: 'test.broken-record',
        severity: 'warning',
        place: 'out/tool/linux-amd64.tests.json',
        text: `not a record of tests: ${why}`,
        hint: 'remove it; `forkwright build` writes a new one',
      },
    ],
  });
});

test('a file that is no JSON does not hide the record beside it', async () => {
  const root = await makeFolder();
  await writeSmokeRecord(root, TARGET, RECORD);
  await writeFile(join(root, 'out/tool/linux-amd64.tests.json'), '');
  const { records, findings } = await readSmokeRecords(root, 'tool');
  expect(records).toEqual([RECORD]);
  expect(findings.map(({ text }) => text)).toEqual(['not a record of tests: Unexpected end of JSON input']);
});

test('commands give the tests without what they printed', () => {
  expect(testsToJson(RECORD)).toEqual([
    { run: ['tar', '--version'], state: 'passed', exitCode: 0, reason: null },
    { run: ['sleep', '9'], state: 'failed', exitCode: null, reason: 'did not end within 120 s' },
  ]);
});
