import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readEngineWait } from '../../src/engine/engine-wait.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { renderPipeline } from '../../src/render/pipeline.ts';
import {
  GO_BUILD,
  MAKE_BUILD,
  makeFile,
  makeRecipe,
  makeTarget,
  makeWorkspace,
  UPSTREAM,
  type TargetValues,
} from '../support/workspace-values.ts';

type Job = Readonly<Record<string, unknown>>;

function pipelineOf(...args: Parameters<typeof makeWorkspace>): { jobs: Readonly<Record<string, Job>>; text: string } {
  const { content, findings } = renderPipeline(makeWorkspace(...args));
  expect(findings).toEqual([]);
  return { jobs: parse(content) as Record<string, Job>, text: content };
}

const MAKE: TargetValues = { upstream: UPSTREAM, build: MAKE_BUILD };
const GO: TargetValues = { upstream: UPSTREAM, build: GO_BUILD };

test("is valid against GitLab's schema, however jobs reach an engine", async () => {
  const file = new URL('../fixtures/gitlab/ci.schema.json', import.meta.url);
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(JSON.parse(await readFile(file, 'utf8')) as object);
  const targets = [
    makeTarget({ ...MAKE, runnerTags: ['amd64'], hasNativeRunner: true }),
    makeTarget({ ...MAKE, platform: 'linux/s390x', runnerTags: ['amd64', 'docker'] }),
    makeTarget({ platform: 'windows(10.0.20348.1)/amd64' }),
  ];
  const publish = { image: 'registry.example.org:5000/x', tags: ['1', 'latest'] };
  for (const engine of ['dind', 'socket', 'shell'] as const) {
    const { jobs } = pipelineOf([makeRecipe(targets, { publish })], { engine });
    validate(jobs);
    expect(validate.errors, engine).toBeNull();
  }
  validate({ broken: { script: 5 } });
  expect(validate.errors).not.toBeNull();
});

test.each<[string, TargetValues, string]>([
  ['nothing is run', { runnerTags: ['a'] }, '.forkwright-build-native'],
  ['it cross-compiles', { ...GO, platform: 'linux/arm64', runnerTags: ['a'] }, '.forkwright-build'],
  ['it runs natively', { ...MAKE, runnerTags: ['a'], hasNativeRunner: true }, '.forkwright-build'],
  ['it has no runner', { ...MAKE, runnerTags: ['a'] }, '.forkwright-build-emulated'],
  [
    'it may be emulated but need not',
    { ...MAKE, runnerTags: ['a'], hasNativeRunner: true, emulate: true },
    '.forkwright-build',
  ],
])('a job is made for what its target needs: %s', (_what, values, template) => {
  const target = makeTarget(values);
  const { jobs, text } = pipelineOf([makeRecipe([target])]);
  const name = `build:tool:${target.slug}`;
  const isEmulated = template === '.forkwright-build-emulated';
  expect(jobs[name]).toEqual({
    extends: [template, '.forkwright-recipe:tool'],
    ...(template === '.forkwright-build-native' ? {} : { tags: ['a'] }),
    ...(isEmulated ? { variables: { FORKWRIGHT_QEMU: target.platform.arch } } : {}),
    script: [`$FORKWRIGHT_COMMAND build tool --platform ${target.platform.os}/${target.platform.arch}`],
    artifacts: {
      when: 'always',
      paths: [`out/tool/${target.slug}.oci.tar`, `out/tool/${target.slug}.log`],
      expire_in: '1 week',
    },
  });
  expect(Object.keys(jobs).includes('.forkwright-build-emulated')).toBe(isEmulated);
  expect(text.includes('# Emulated by QEMU')).toBe(isEmulated);
  expect(jobs['variables']?.['FORKWRIGHT_BINFMT_IMAGE']).toBe(isEmulated ? 'tonistiigi/binfmt:qemu-v8.1.5' : undefined);
});

test('the index needs the jobs of its recipe, and runs when they do', () => {
  const other = makeRecipe([makeTarget({ recipe: 'other' })]);
  const tool = makeRecipe([makeTarget(), makeTarget({ platform: 'linux/arm64' })], {
    publish: { image: 'registry.example.org/x', tags: ['1.0', 'latest'] },
  });
  const { jobs } = pipelineOf([other, tool]);
  expect(jobs['index:tool']).toEqual({
    extends: ['.forkwright-index', '.forkwright-recipe:tool'],
    needs: [
      { job: 'build:tool:linux-amd64', artifacts: true },
      { job: 'build:tool:linux-arm64', artifacts: true },
    ],
    script: [
      '$FORKWRIGHT_COMMAND assemble out/tool/linux-amd64.oci.tar out/tool/linux-arm64.oci.tar --output out/tool/tool.oci.tar --name registry.example.org/x:1.0',
      '$FORKWRIGHT_COMMAND verify out/tool/tool.oci.tar --recipe tool',
    ],
    artifacts: { paths: ['out/tool/tool.oci.tar'], expire_in: '1 week' },
  });
});

test('what became of tests goes on to the index, which is held to it', () => {
  const tests = [{ run: ['/bin/tool', '--version'] }];
  const { jobs } = pipelineOf([makeRecipe([makeTarget({ tests }), makeTarget({ platform: 'linux/arm64' })])]);
  expect(jobs['build:tool:linux-amd64']?.['artifacts']).toMatchObject({
    paths: ['out/tool/linux-amd64.oci.tar', 'out/tool/linux-amd64.log', 'out/tool/linux-amd64.tests.json'],
  });
  expect(jobs['build:tool:linux-arm64']?.['artifacts']).toMatchObject({
    paths: ['out/tool/linux-arm64.oci.tar', 'out/tool/linux-arm64.log'],
  });
});

type Engine = 'dind' | 'socket' | 'shell';

test('only docker-in-docker brings a service, and a shell runner has no image', () => {
  const recipes = [makeRecipe([makeTarget({ ...MAKE, hasNativeRunner: true })])];
  const template = (engine: Engine) => pipelineOf(recipes, { engine }).jobs['.forkwright-build'];
  expect(template('dind')?.['services']).toEqual([{ name: 'docker:26-dind', alias: 'docker' }]);
  expect(template('socket')?.['services']).toBeUndefined();
  expect(template('socket')?.['image']).toBe('$FORKWRIGHT_IMAGE');
  expect(template('shell')?.['image']).toBeUndefined();
});

test.each<[Engine, readonly string[], readonly string[]]>([
  [
    'dind',
    [
      `timeout "$FORKWRIGHT_ENGINE_WAIT" sh -c 'until docker version >/dev/null 2>&1; do sleep 1; done' || docker version`,
    ],
    [
      'docker context create forkwright',
      'docker buildx create --name forkwright-builder --driver docker-container --use forkwright',
    ],
  ],
  [
    'socket',
    [],
    [
      'docker buildx inspect forkwright-builder >/dev/null 2>&1 || docker buildx create --name forkwright-builder --driver docker-container',
      'docker buildx use forkwright-builder',
    ],
  ],
  ['shell', [], []],
])('jobs wait for an engine, install emulators, choose a builder: %s', (engine, wait, builder) => {
  const { jobs } = pipelineOf([makeRecipe([makeTarget(MAKE)])], { engine });
  const emulators = 'docker run --rm --privileged "$FORKWRIGHT_BINFMT_IMAGE" --install "$FORKWRIGHT_QEMU"';
  const guard = 'if [ "$CI_COMMIT_REF_PROTECTED" != true ]; then unset FORKWRIGHT_CACHE_TO; fi';
  expect(jobs['.forkwright-build']?.['before_script']).toEqual([...wait, ...builder, guard]);
  expect(jobs['.forkwright-build-emulated']?.['before_script']).toEqual([...wait, emulators, ...builder, guard]);
});

test('forkwright and timeout(1) both understand how long jobs wait', () => {
  const { jobs } = pipelineOf([makeRecipe([makeTarget({ ...MAKE, hasNativeRunner: true })])], { engine: 'dind' });
  const variables = jobs['.forkwright-build']?.['variables'];
  expect(variables).toMatchObject({ FORKWRIGHT_ENGINE_WAIT: expect.stringMatching(/^\d+s$/) });
  expect(readEngineWait(variables as Record<string, string>)).toBe(60_000);
});

test.each([
  ['true', 'type=registry,ref=x'],
  ['false', 'none'],
])('a cache is written by protected refs only: CI_COMMIT_REF_PROTECTED is %s', (isProtected, cache) => {
  const { jobs } = pipelineOf([makeRecipe([makeTarget({ ...MAKE, hasNativeRunner: true })])], { engine: 'shell' });
  const before = jobs['.forkwright-build']?.['before_script'] as readonly string[];
  const lines = [...before, 'echo "${FORKWRIGHT_CACHE_TO:-none}"'];
  const env = { FORKWRIGHT_CACHE_TO: 'type=registry,ref=x', CI_COMMIT_REF_PROTECTED: isProtected };
  expect(execFileSync('sh', ['-euc', lines.join('\n')], { encoding: 'utf8', env })).toBe(`${cache}\n`);
});

test('a merge request runs a recipe that it touches, with the files it takes', () => {
  const files = [
    makeFile({ type: 'path', path: 'assets/a b$[1].txt', sha256: null }),
    makeFile({ type: 'image', image: { type: 'archive', path: 'bases/tools' }, path: '/x' }),
    makeFile({ type: 'image', image: { type: 'image', reference: parseReference('alpine:3.20') }, path: '/x' }),
  ];
  const base = { type: 'archive', path: 'bases/alpine.tar' } as const;
  const { jobs } = pipelineOf([makeRecipe([makeTarget({ image: { base, files }, hasNativeRunner: true })])]);
  expect(jobs['.forkwright-recipe:tool']?.['rules']).toEqual([
    {
      if: '$CI_PIPELINE_SOURCE == "merge_request_event"',
      changes: [
        'recipes/tool.yaml',
        'generated/tool/**/*',
        'patches/tool/**/*',
        'locks/tool.lock.yaml',
        'forkwright.yaml',
        'templates/**/*',
        'bases/alpine.tar',
        'bases/alpine.tar/**/*',
        'assets/a b??1?.txt',
        'bases/tools',
        'bases/tools/**/*',
      ],
    },
    {
      if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH || $CI_COMMIT_TAG || $CI_PIPELINE_SOURCE == "schedule" || $CI_PIPELINE_SOURCE == "web"',
    },
  ]);
});

test('more patterns than GitLab takes are none', () => {
  const files = Array.from({ length: 45 }, (_, index) => makeFile({ type: 'path', path: `f/${index}`, sha256: null }));
  const { jobs } = pipelineOf([makeRecipe([makeTarget({ image: { files } })])]);
  expect(jobs['.forkwright-recipe:tool']?.['rules']).toEqual([
    { if: '$CI_PIPELINE_SOURCE == "merge_request_event"' },
    expect.objectContaining({ if: expect.stringContaining('$CI_DEFAULT_BRANCH') }),
  ]);
});

test('values are quoted for the shell and for YAML', () => {
  const target = makeTarget({
    ...GO,
    platform: 'windows(10.0.20348.1)/amd64',
    runnerTags: ['yes', '1.10', 'a: b # c'],
  });
  const { jobs } = pipelineOf([makeRecipe([target])], { command: 'npx --no -- forkwright', image: '*odd: "image"' });
  const job = jobs['build:tool:windows-amd64-10-0-20348'];
  expect(job?.['script']).toEqual(["$FORKWRIGHT_COMMAND build tool --platform 'windows(10.0.20348.1)/amd64'"]);
  expect(job?.['tags']).toEqual(['yes', '1.10', 'a: b # c']);
  expect(jobs['variables']).toEqual({
    FORKWRIGHT_IMAGE: '*odd: "image"',
    FORKWRIGHT_COMMAND: 'npx --no -- forkwright',
  });
});

test('jobs stand apart, and the file says whose it is', () => {
  const { text } = pipelineOf([makeRecipe([makeTarget()])]);
  expect(text).toMatch(/^# Rendered by forkwright from forkwright\.yaml and the recipes: /m);
  expect(text).toMatch(/expire_in: 1 week\n\nindex:tool:\n/);
  expect(text.endsWith('expire_in: 1 week\n')).toBe(true);
});
