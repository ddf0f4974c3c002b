import { expect, test } from 'vitest';
import {
  reportTests,
  verifyTests,
  type SmokeRecord,
  type SmokeResult,
} from '../../../src/image/verify/verify-tests.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parsePlatform } from '../../../src/platform/parse.ts';
import { makeRecipe, makeTarget } from '../../support/workspace-values.ts';

const TAR = ['tar', '--version'];

function result(more: Partial<SmokeResult> = {}): SmokeResult {
  return { run: TAR, state: 'passed', exitCode: 0, output: '', reason: null, ...more };
}

function recordOf(platform: string, ...tests: readonly SmokeResult[]): SmokeRecord {
  return { recipe: 'tool', platform, digest: digestOf(platform), tests };
}

const image = (platform: string) => ({
  digest: digestOf(platform),
  platform: parsePlatform(platform),
  place: `x.oci.tar: ${platform}`,
});
const recipeOf = (...platforms: readonly string[]) =>
  makeRecipe(platforms.map((platform) => makeTarget({ platform, tests: [{ run: TAR }] })));
const lines = (findings: ReturnType<typeof reportTests>) =>
  findings.map(({ code, severity, place, text }) => `${place}: ${severity}: ${text} [${code}]`);

test('a test that failed is an error where its image lies', () => {
  const failed = [
    result({ state: 'failed', exitCode: 3, output: 'first\nlast' }),
    result({ run: ['sh', '-c', 'a b'], state: 'failed', exitCode: null, reason: 'did not end within 120 s' }),
    result(),
  ];
  expect(lines(reportTests('recipe', [{ place: 'x.oci.tar', record: recordOf('linux/arm64', ...failed) }]))).toEqual([
    'x.oci.tar: error: on linux/arm64, tar --version ended with exit code 3:\nfirst\nlast [test.failed]',
    'x.oci.tar: error: on linux/arm64, sh -c "a b" did not end within 120 s [test.failed]',
  ]);
});

test('platforms on which nothing was run for the same reason are one note', () => {
  const skipped = (reason: string) => result({ state: 'not-run', exitCode: null, reason });
  const placed = [
    recordOf('linux/arm64', skipped('no emulator'), skipped('no emulator')),
    recordOf('windows/amd64', skipped('only Linux')),
    recordOf('linux/s390x', skipped('no emulator')),
  ].map((record) => ({ place: 'x.oci.tar', record }));
  expect(lines(reportTests('recipes/tool.yaml', placed))).toEqual([
    'recipes/tool.yaml: note: the tests were not run on linux/arm64, linux/s390x: no emulator [test.not-run]',
    'recipes/tool.yaml: note: the tests were not run on windows/amd64: only Linux [test.not-run]',
  ]);
});

test('every image of a platform with tests needs a record of itself and of the same tests', () => {
  const images = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/s390x'].map(image);
  const records = [
    recordOf('linux/amd64', result()),
    { ...recordOf('linux/arm64', result()), digest: digestOf('an earlier build') },
    recordOf('linux/arm/v7', result({ run: ['tar', '--help'] })),
  ];
  const findings = verifyTests('x.oci.tar', images, recipeOf('linux/amd64', 'linux/arm64', 'linux/arm/v7'), records);
  expect(findings).toEqual([
    {
      code: 'test.missing-record',
      severity: 'warning',
      place: 'x.oci.tar',
      text: 'there is no record that the tests of recipes/tool.yaml were run on linux/arm64, linux/arm/v7',
      hint: '`forkwright build tool` runs them',
    },
  ]);
});

test('what the record of an image says is reported', () => {
  const records = [
    recordOf('linux/amd64', result({ state: 'failed', exitCode: 1 })),
    recordOf('linux/arm64', result({ state: 'not-run', exitCode: null, reason: 'no emulator' })),
  ];
  const images = ['linux/amd64', 'linux/arm64'].map(image);
  expect(lines(verifyTests('x.oci.tar', images, recipeOf('linux/amd64', 'linux/arm64'), records))).toEqual([
    'x.oci.tar: linux/amd64: error: on linux/amd64, tar --version ended with exit code 1 [test.failed]',
    'x.oci.tar: note: the tests were not run on linux/arm64: no emulator [test.not-run]',
  ]);
});

test('a platform without tests needs no record, and what no platform of the recipe is is not asked for one', () => {
  const recipe = makeRecipe([makeTarget({ platform: 'linux/amd64' })]);
  const images = [image('linux/amd64'), { ...image('linux/arm64'), platform: null }];
  expect(verifyTests('x.oci.tar', images, recipe, [])).toEqual([]);
});
