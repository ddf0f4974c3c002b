import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Pipeline {
  readonly include: readonly { readonly local: string }[];
  readonly stages: readonly string[];
  readonly test: { readonly parallel: { readonly matrix: readonly Readonly<Record<string, readonly string[]>>[] } };
  readonly [job: string]: unknown;
}

async function readPipeline(path: string): Promise<Pipeline> {
  return parse(await readFile(path, 'utf8')) as Pipeline;
}

test("this project's pipeline and the generated one are valid against GitLab's schema", async () => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(JSON.parse(await readFile('test/fixtures/gitlab/ci.schema.json', 'utf8')) as object);
  for (const path of ['.gitlab-ci.yml', 'generated/pipeline.gitlab-ci.yml']) {
    validate(await readPipeline(path));
    expect(validate.errors, path).toBe(null);
  }
});

test('it tests forkwright on every Node, and includes the recipes with all their stages', async () => {
  const own = await readPipeline('.gitlab-ci.yml');
  const { engines } = JSON.parse(await readFile('package.json', 'utf8')) as { engines: { node: string } };
  expect(own.test.parallel.matrix).toEqual([{ NODE_VERSION: ['20', '22', '24'] }]);
  expect(engines.node).toBe('>=20.19');
  expect(own.include).toEqual([{ local: 'generated/pipeline.gitlab-ci.yml' }]);
  const generated = await readPipeline('generated/pipeline.gitlab-ci.yml');
  // A job that extends one that is not there is no pipeline at all.
  expect(own['e2e']).toMatchObject({ extends: '.forkwright-build-emulated', stage: 'test' });
  expect(Object.keys(generated)).toContain('.forkwright-build-emulated');
  // The stages of the including file win over those of the included one.
  expect(generated.stages.filter((stage) => !own.stages.includes(stage))).toEqual([]);
});
