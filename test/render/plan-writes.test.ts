import { expect, test } from 'vitest';
import { planWrites, type ExistingEntry } from '../../src/render/plan-writes.ts';
import type { RenderedFile } from '../../src/render/rendered-file.ts';

const MARKER = '# Rendered by forkwright from recipes/a.yaml: edit the recipe, then run `forkwright render`.\n';
const DOCKERFILE = 'generated/a/linux-amd64.Dockerfile';
const PIPELINE = 'generated/pipeline.gitlab-ci.yml';
const ALL = { recipes: null, isWithoutPipeline: false, force: false };

function rendered(path: string, content = `${MARKER}new\n`): RenderedFile {
  return { path, content, source: 'recipes/a.yaml' };
}

function file(path: string, content = `${MARKER}old\n`): ExistingEntry {
  return { path, type: 'file', content };
}

test('what is missing or stale is written, what is the same is not', () => {
  const { changes, unchanged, findings } = planWrites(
    [file('generated/b/x.Dockerfile'), file('generated/c/x.Dockerfile', `${MARKER}new\n`)],
    ['generated/c/x.Dockerfile', 'generated/b/x.Dockerfile', 'generated/a/x.Dockerfile'].map((path) => rendered(path)),
    ALL,
  );
  expect(changes).toEqual([
    { path: 'generated/a/x.Dockerfile', before: null, after: `${MARKER}new\n` },
    { path: 'generated/b/x.Dockerfile', before: `${MARKER}old\n`, after: `${MARKER}new\n` },
  ]);
  expect(unchanged).toEqual(['generated/c/x.Dockerfile']);
  expect(findings).toEqual([]);
});

test('what no recipe gives any more is removed if it is ours', () => {
  const bake = '{\n  "variable": {\n    "FORKWRIGHT_SOURCE": {\n';
  const { changes } = planWrites(
    [
      file('generated/gone/linux-amd64.Dockerfile'),
      file('generated/gone/docker-bake.json', bake),
      file('generated/gone/own.Dockerfile', 'FROM scratch\n'),
      file('generated/own/docker-bake.json', '{}'),
      // The marker is looked for in the head only.
      file('generated/own/late.Dockerfile', `${'#\n'.repeat(3000)}${MARKER}`),
    ],
    [rendered(DOCKERFILE)],
    ALL,
  );
  expect(changes.filter(({ after }) => after === null).map(({ path }) => path)).toEqual([
    'generated/gone/docker-bake.json',
    'generated/gone/linux-amd64.Dockerfile',
  ]);
});

test.each<[string, ExistingEntry, string, string, boolean]>([
  [
    "a user's file",
    file(DOCKERFILE, 'FROM scratch\n'),
    DOCKERFILE,
    'a file is here that forkwright did not write',
    true,
  ],
  [
    'a link',
    { path: DOCKERFILE, type: 'link' },
    DOCKERFILE,
    'a symbolic link is here that forkwright did not write',
    true,
  ],
  ['a folder', { path: DOCKERFILE, type: 'folder' }, DOCKERFILE, 'a folder is in the place of a file', false],
  [
    'a link above',
    { path: 'generated/a', type: 'link' },
    'generated/a',
    'a symbolic link is in the place of a folder',
    false,
  ],
  ['a file above', file('generated/a', ''), 'generated/a', 'a file is in the place of a folder', false],
  [
    'a link at the top',
    { path: 'generated', type: 'link' },
    'generated',
    'a symbolic link is in the place of a folder',
    false,
  ],
])('%s stands in the way', (_what, entry, place, text, yieldsToForce) => {
  const hint = yieldsToForce ? 'move it away, or give --force to overwrite it' : 'move it away';
  const finding = { code: 'render.not-ours', severity: 'error', place, text, hint };
  const plan = planWrites([entry], [rendered(DOCKERFILE)], ALL);
  expect(plan).toEqual({ changes: [], unchanged: [], findings: [finding] });
  const forced = planWrites([entry], [rendered(DOCKERFILE)], { ...ALL, force: true });
  expect(forced.findings).toEqual(yieldsToForce ? [] : [finding]);
  expect(forced.changes.map(({ path }) => path)).toEqual(yieldsToForce ? [DOCKERFILE] : []);
});

test('with names only the files of these recipes and the pipeline are touched', () => {
  const { changes, unchanged } = planWrites(
    [file('generated/a/gone.Dockerfile'), file('generated/b/gone.Dockerfile'), file('generated/ab/gone.Dockerfile')],
    [DOCKERFILE, 'generated/b/linux-amd64.Dockerfile', PIPELINE].map((path) => rendered(path)),
    { recipes: ['a'], isWithoutPipeline: false, force: false },
  );
  expect(changes.map(({ path }) => path)).toEqual(['generated/a/gone.Dockerfile', DOCKERFILE, PIPELINE]);
  expect(unchanged).toEqual([]);
});
