import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runInProcess } from '../support/context.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'forkwright-'));
  await mkdir(join(root, 'recipes'));
  await writeFile(join(root, 'forkwright.yaml'), 'runners:\n  linux/amd64: [amd64]\n');
  await writeFile(join(root, 'recipes/a.yaml'), recipeOf('a'));
  await writeFile(join(root, 'recipes/b.yaml'), recipeOf('b'));
});
afterEach(() => rm(root, { recursive: true }));

function recipeOf(name: string): string {
  return `name: ${name}\nversion: "1"\nimage:\n  base: scratch\n  entrypoint: [/x]\nplatforms: [linux/amd64]\n`;
}

const run = (...argv: string[]) => runInProcess(argv, { cwd: root });

const A = ['generated/a/docker-bake.json', 'generated/a/linux-amd64.Dockerfile'];
const B = ['generated/b/docker-bake.json', 'generated/b/linux-amd64.Dockerfile'];
const PIPELINE = 'generated/pipeline.gitlab-ci.yml';

test('render says what it wrote, and then that there is nothing to write', async () => {
  expect(await run('render')).toEqual({
    exitCode: 0,
    stdout: `${[...A, ...B, PIPELINE].map((path) => `wrote ${path}\n`).join('')}5 written, 0 removed, 0 unchanged\n`,
    stderr: '',
  });
  expect((await run('render')).stdout).toBe('0 written, 0 removed, 5 unchanged\n');
  await rm(join(root, 'recipes/b.yaml'));
  const { stdout } = await run('render', '--json');
  expect(JSON.parse(stdout)).toEqual({
    schema: 'forkwright.render/v1',
    written: [PIPELINE],
    removed: B,
    unchanged: A,
    findings: [],
  });
});

test('render of one recipe leaves the others alone', async () => {
  const { stdout } = await run('render', 'b');
  expect(stdout).toBe(
    `${[...B, PIPELINE].map((path) => `wrote ${path}\n`).join('')}3 written, 0 removed, 0 unchanged\n`,
  );
  const { exitCode, stderr } = await run('render', 'bb');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('recipes: error: there is no recipe "bb" [recipe.unknown-name]\n');
});

test('check ends with 1 and shows the difference, or with 0 and the number of files', async () => {
  await run('render');
  expect(await run('render', '--check')).toEqual({
    exitCode: 0,
    stdout: '5 files are what the recipes give\n',
    stderr: '',
  });
  const path = join(root, A[1] ?? '');
  const content = await readFile(path, 'utf8');
  await writeFile(path, content.replace('"/x"', '"/y"'));
  const { exitCode, stdout, stderr } = await run('render', '--check');
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toContain(
    'generated/a/linux-amd64.Dockerfile: error: this file is not what its recipe gives [render.stale]\n',
  );
  expect(stderr).toContain('  -ENTRYPOINT ["/y"]\n  +ENTRYPOINT ["/x"]\n');
  expect(await readFile(path, 'utf8')).toContain('"/y"');
});

test('a faulty recipe keeps everything as it is', async () => {
  await run('render');
  await rm(join(root, 'recipes/a.yaml'));
  await writeFile(join(root, 'recipes/b.yaml'), `${recipeOf('b')}odd: 1\n`);
  const { exitCode, stdout, stderr } = await run('render');
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toContain('recipes/b.yaml:7:1: error: ');
  expect(await readFile(join(root, A[0] ?? ''), 'utf8')).toContain('recipes/a.yaml');
});

test("a user's file is overwritten with --force only", async () => {
  await mkdir(join(root, 'generated'));
  await writeFile(join(root, PIPELINE), 'mine: 1\n');
  const refused = await run('render');
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain(
    `${PIPELINE}: error: a file is here that forkwright did not write [render.not-ours]\n`,
  );
  expect(await readFile(join(root, PIPELINE), 'utf8')).toBe('mine: 1\n');
  expect((await run('render', '--force')).exitCode).toBe(0);
});
