import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Workspace } from '../../src/recipe/target.ts';
import { writeRendered, type RenderOptions } from '../../src/render/write.ts';
import { makeRecipe, makeTarget, makeWorkspace } from '../support/workspace-values.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'forkwright-'));
});
afterEach(() => rm(root, { recursive: true }));

function workspaceOf(...names: readonly string[]): Workspace {
  return makeWorkspace(
    names.map((recipe) => makeRecipe([makeTarget({ recipe }), makeTarget({ recipe, platform: 'linux/arm64' })])),
  );
}

function write(workspace: Workspace, options: Partial<RenderOptions> = {}) {
  const signal = new AbortController().signal;
  return writeRendered(root, workspace, {
    recipes: null,
    isWithoutPipeline: false,
    force: false,
    check: false,
    signal,
    ...options,
  });
}

async function listFiles(): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted();
}

const PIPELINE = 'generated/pipeline.gitlab-ci.yml';
const filesOf = (recipe: string) => [
  `generated/${recipe}/docker-bake.json`,
  `generated/${recipe}/linux-amd64.Dockerfile`,
  `generated/${recipe}/linux-arm64.Dockerfile`,
];

test('the first time everything is written, the second time nothing', async () => {
  const first = await write(workspaceOf('a'));
  expect(first).toEqual({ written: [...filesOf('a'), PIPELINE], removed: [], unchanged: [], findings: [] });
  // Only files under final names are left.
  expect(await listFiles()).toEqual([...filesOf('a'), PIPELINE]);
  const path = join(root, filesOf('a')[1] ?? '');
  await utimes(path, 1, 1);
  const second = await write(workspaceOf('a'));
  expect(second).toEqual({ written: [], removed: [], unchanged: [...filesOf('a'), PIPELINE], findings: [] });
  expect((await stat(path)).mtimeMs).toBe(1000);
});

test('only what changed is written', async () => {
  await write(workspaceOf('a', 'b'));
  await writeFile(join(root, 'generated/a/linux-amd64.Dockerfile'), '# Rendered by forkwright from x\nedited\n');
  const { written, unchanged } = await write(workspaceOf('a', 'b'));
  expect(written).toEqual(['generated/a/linux-amd64.Dockerfile']);
  expect(unchanged).toHaveLength(6);
});

test('files of removed recipes and platforms go, with their folder if nothing else is in it', async () => {
  await write(workspaceOf('a', 'b', 'c'));
  await writeFile(join(root, 'generated/c/notes.txt'), 'mine');
  await writeFile(join(root, 'generated/top.txt'), 'mine');
  const { removed } = await write(makeWorkspace([makeRecipe([makeTarget({ recipe: 'a', platform: 'linux/arm64' })])]));
  expect(removed).toEqual(['generated/a/linux-amd64.Dockerfile', ...filesOf('b'), ...filesOf('c')]);
  expect(await listFiles()).toEqual([
    'generated/a/docker-bake.json',
    'generated/a/linux-arm64.Dockerfile',
    'generated/c/notes.txt',
    PIPELINE,
    'generated/top.txt',
  ]);
  expect(await readdir(join(root, 'generated'))).not.toContain('b');
});

test("a user's file is not overwritten, and nothing else is written either, unless it is forced", async () => {
  const mine = join(root, 'generated/a/docker-bake.json');
  await mkdir(join(root, 'generated/a'), { recursive: true });
  await writeFile(mine, '{}');
  const refused = await write(workspaceOf('a'));
  expect(refused.findings).toEqual([
    {
      code: 'render.not-ours',
      severity: 'error',
      place: 'generated/a/docker-bake.json',
      text: 'a file is here that forkwright did not write',
      hint: 'move it away, or give --force to overwrite it',
    },
  ]);
  expect(refused.written).toEqual([]);
  expect(await listFiles()).toEqual(['generated/a/docker-bake.json']);
  const forced = await write(workspaceOf('a'), { force: true });
  expect(forced.written).toEqual([...filesOf('a'), PIPELINE]);
  expect(await readFile(mine, 'utf8')).toContain('FORKWRIGHT_SOURCE');
});

test.skipIf(process.platform === 'win32')(
  'a link is not followed, neither out of the workspace nor inside it',
  async () => {
    const outside = await mkdtemp(join(tmpdir(), 'forkwright-outside-'));
    await mkdir(join(root, 'generated/b'), { recursive: true });
    await symlink(outside, join(root, 'generated/a'));
    await symlink(join(outside, 'file'), join(root, 'generated/b/docker-bake.json'));
    await writeFile(join(outside, 'file'), 'theirs');
    const forced = await write(workspaceOf('a', 'b'), { force: true });
    expect(forced.findings.map(({ code, place }) => `${code} ${place}`)).toEqual(['render.not-ours generated/a']);
    await rm(join(root, 'generated/a'));
    expect((await write(workspaceOf('a', 'b'), { force: true })).findings).toEqual([]);
    expect((await lstat(join(root, 'generated/b/docker-bake.json'))).isFile()).toBe(true);
    expect(await readFile(join(outside, 'file'), 'utf8')).toBe('theirs');
    expect(await readdir(outside)).toEqual(['file']);
    await rm(outside, { recursive: true });
  },
);

test.skipIf(process.platform === 'win32')('a link whose recipe is gone stays where it is', async () => {
  await write(workspaceOf('a'));
  await symlink('linux-amd64.Dockerfile', join(root, 'generated/a/linux-386.Dockerfile'));
  expect((await write(workspaceOf('a'))).removed).toEqual([]);
  expect(await readlink(join(root, 'generated/a/linux-386.Dockerfile'))).toBe('linux-amd64.Dockerfile');
});

test('with names only these recipes are touched; the pipeline is of all', async () => {
  const { written } = await write(workspaceOf('a', 'b'), { recipes: ['b'] });
  expect(written).toEqual([...filesOf('b'), PIPELINE]);
  expect(await readFile(join(root, PIPELINE), 'utf8')).toContain('build:a:linux-amd64');
});

test('check finds each stale, missing and extra file with its diff, and writes nothing', async () => {
  await write(workspaceOf('a', 'b'));
  const stale = join(root, 'generated/a/linux-amd64.Dockerfile');
  await writeFile(stale, (await readFile(stale, 'utf8')).replace('FROM scratch', 'FROM alpine'));
  await rm(join(root, 'generated/a/linux-arm64.Dockerfile'));
  await writeFile(join(root, 'generated/a/gone.Dockerfile'), '# Rendered by forkwright from x\n');
  const before = await listFiles();
  const { findings, written, removed, unchanged } = await write(workspaceOf('a', 'b'), { check: true });
  expect(await listFiles()).toEqual(before);
  expect({ written, removed }).toEqual({ written: [], removed: [] });
  expect(unchanged).toHaveLength(5);
  const hint = 'run `forkwright render` and commit what it writes';
  expect(findings).toEqual([
    {
      code: 'render.extra',
      severity: 'error',
      place: 'generated/a/gone.Dockerfile',
      text: 'no recipe has this file any more',
      hint,
      frame: '--- a/generated/a/gone.Dockerfile\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-# Rendered by forkwright from x\n',
    },
    {
      code: 'render.stale',
      severity: 'error',
      place: 'generated/a/linux-amd64.Dockerfile',
      text: 'this file is not what its recipe gives',
      hint,
      frame: [
        '--- a/generated/a/linux-amd64.Dockerfile',
        '+++ b/generated/a/linux-amd64.Dockerfile',
        '@@ -2,4 +2,4 @@',
        ' #',
        ' # Rendered by forkwright from recipes/a.yaml: edit the recipe, then run `forkwright render`.',
        ' ',
        '-FROM alpine AS image',
        '+FROM scratch AS image',
        '',
      ].join('\n'),
    },
    {
      code: 'render.missing',
      severity: 'error',
      place: 'generated/a/linux-arm64.Dockerfile',
      text: 'this file is not there',
      hint,
      frame: expect.stringMatching(
        /^--- \/dev\/null\n\+\+\+ b\/generated\/a\/linux-arm64\.Dockerfile\n@@ -0,0 \+1,5 @@\n\+# a for linux/,
      ),
    },
  ]);
});

test('a recipe that cannot be rendered keeps every file as it is', async () => {
  await write(workspaceOf('a'));
  const before = await listFiles();
  const broken = makeTarget({ recipe: 'a', image: { packages: ['x'], packageManager: 'apt' } });
  const report = await write(makeWorkspace([makeRecipe([broken])]));
  expect(report.findings.map(({ code }) => code)).toEqual(['render.packages-on-scratch']);
  expect(report).toMatchObject({ written: [], removed: [] });
  expect(await listFiles()).toEqual(before);
});

test('an interrupted run leaves only whole files', async () => {
  const controller = new AbortController();
  controller.abort();
  await expect(write(workspaceOf('a'), { signal: controller.signal })).rejects.toThrow();
  expect(await listFiles()).toEqual([]);
});
