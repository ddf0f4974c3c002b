import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeRefresh } from '../../src/cli/patch/recipe.ts';
import { lines, makePlace, type Place } from '../source/repository.ts';
import { runInProcess, type CommandRun } from '../support/context.ts';

let place: Place;
beforeEach(async () => {
  place = await makePlace();
  await mkdir(join(place.root, 'recipes'));
});
afterEach(() => place.remove());

const MINE = { 15: 'LINE 15' };
const NEAR = { 13: 'LINE 13' };

function run(...argv: string[]): Promise<CommandRun> {
  const env = { ...place.deps.env, FORKWRIGHT_CACHE: join(place.folder, 'cache') };
  return runInProcess(argv, { cwd: place.root, env, run: place.deps.run });
}

async function runJson(...argv: string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await run(...argv, '--json')).stdout) as Record<string, unknown>;
}

/** A recipe that is built from a commit of the upstream. */
async function writeRecipe(commit: string, patches: string, platforms = '  - linux/amd64\n', name = 'tool') {
  const text = `name: ${name}   # kept
version: "1"
upstream: { git: "${place.url}", branch: main, commit: "${commit}" }
${patches}build: { kind: go, image: "golang:1.22", package: ., output: /bin/tool }
image: { base: scratch, entrypoint: [/bin/tool] }
platforms:
${platforms}`;
  await writeFile(join(place.root, `recipes/${name}.yaml`), text);
  return text;
}

/** An upstream that has moved on: a patch that applies, one that is merged, one to be refreshed; and what was before. */
async function makeSeries(): Promise<{ readonly old: string; readonly commit: string }> {
  const old = await place.commit({ a: lines(30), b: lines(30), c: lines(30) });
  for (const [index, file] of ['a', 'b', 'c'].entries()) {
    await place.formatPatch(await place.commit({ [file]: lines(30, MINE) }), `000${index + 1}-${file}.patch`);
    place.git('reset', '--quiet', '--hard', old);
  }
  return { old, commit: await place.commit({ b: lines(30, MINE), c: lines(30, NEAR) }) };
}

const LIST = 'patches:\n  - 0001-a.patch # stays\n  # of b\n  - 0002-b.patch\n  - 0003-c.patch\n';
const read = (path: string) => readFile(join(place.root, path), 'utf8');

test('patch status: a line for every patch, on the newest commit or on the one that is built', async () => {
  const { old, commit } = await makeSeries();
  await writeRecipe(old, LIST);
  const on = commit.slice(0, 12);
  expect(await run('patch', 'status', '--quiet')).toEqual({
    exitCode: 0,
    stdout: `recipe  patch         state    on
tool    0001-a.patch  applies  ${on}
tool    0002-b.patch  merged   ${on}
tool    0003-c.patch  refresh  ${on}

1 refresh, 1 merged, 1 applies
`,
    stderr: `patches/tool/0002-b.patch: warning: ${on} has what the patch does [patch.merged]
  hint: \`forkwright patch refresh\` takes it out
patches/tool/0003-c.patch: warning: it fits ${on} only in part, or by a three-way merge [patch.refresh]
  hint: \`forkwright patch refresh\` writes it anew
2 warnings
`,
  });
  // What is in the cache needs no network.
  expect(await runJson('patch', 'status', '--locked')).toMatchObject({ counts: { applies: 3 } });
  await rename(place.upstreamFolder, `${place.upstreamFolder}-gone`);
  expect(await runJson('patch', 'status', 'tool', '--locked')).toMatchObject({
    schema: 'forkwright.patch/v1',
    action: 'status',
    locked: true,
    counts: { applies: 3, merged: 0, refresh: 0, conflict: 0 },
    recipes: [{ recipe: 'tool', series: [{ platforms: ['linux/amd64'], commit: old, ref: null }], changes: [] }],
    findings: [],
  });
  const unreachable = await run('patch', 'status');
  expect(unreachable).toMatchObject({ exitCode: 2, stdout: '' });
  expect(unreachable.stderr).toContain('[source.unreachable]');
});

test('patch refresh: the series follows, the rest of the recipe stays; a second time there is nothing to do', async () => {
  const { old, commit } = await makeSeries();
  const text = await writeRecipe(old, LIST);
  const before = await read('patches/tool/0003-c.patch');
  const dry = await run('patch', 'refresh', 'tool', '--dry-run');
  expect(dry.exitCode).toBe(0);
  expect(dry.stdout).toContain(`
--- a/recipes/tool.yaml
+++ b/recipes/tool.yaml
@@ -3,8 +3,6 @@
 upstream: { git: "${place.url}", branch: main, commit: "${old}" }
 patches:
   - 0001-a.patch # stays
-  # of b
-  - 0002-b.patch
   - 0003-c.patch
`);
  expect(dry.stdout).toContain('\n--- a/patches/tool/0002-b.patch\n+++ /dev/null\n');
  expect([await read('recipes/tool.yaml'), await read('patches/tool/0003-c.patch')]).toEqual([text, before]);

  const done = await run('patch', 'refresh', 'tool');
  expect(done.stdout).toMatch(
    /\nwrote patches\/tool\/0003-c\.patch\nwrote recipes\/tool\.yaml\nremoved patches\/tool\/0002-b\.patch\n$/,
  );
  expect(done.stderr).toBe(
    `recipes/tool.yaml: warning: its patches now fit ${commit}, and it is built from ${old} [patch.other-commit]
  hint: run \`forkwright lock tool --update upstream\`; a commit in the recipe has to be changed there
1 warning
`,
  );
  expect(await read('recipes/tool.yaml')).toBe(text.replace('  # of b\n  - 0002-b.patch\n', ''));
  expect((await readdir(join(place.root, 'patches/tool'))).toSorted()).toEqual(['0001-a.patch', '0003-c.patch']);
  expect(await runJson('patch', 'refresh', 'tool')).toMatchObject({
    counts: { applies: 2, merged: 0, refresh: 0, conflict: 0 },
    recipes: [{ changes: [] }],
    findings: [],
  });
});

test('patch refresh: where nothing is left, neither list nor folder are', async () => {
  const { old } = await makeSeries();
  const text = await writeRecipe(old, 'patches: [0002-b.patch]\n');
  for (const name of ['0001-a.patch', '0003-c.patch']) {
    await rename(join(place.root, 'patches/tool', name), join(place.root, name));
  }
  expect(await runJson('patch', 'refresh', 'tool')).toMatchObject({
    recipes: [
      {
        changes: [
          { path: 'recipes/tool.yaml', change: 'written' },
          { path: 'patches/tool/0002-b.patch', change: 'removed' },
        ],
      },
    ],
  });
  expect(await read('recipes/tool.yaml')).toBe(text.replace('patches: [0002-b.patch]\n', ''));
  expect(await readdir(join(place.root, 'patches'))).toEqual([]);
});

test('patch refresh: a conflict leaves its recipe as it is, and no other', async () => {
  const { old } = await makeSeries();
  const text = await writeRecipe(old, LIST);
  await mkdir(join(place.root, 'patches/other'));
  await rename(join(place.root, 'patches/tool/0003-c.patch'), join(place.root, 'patches/other/0003-c.patch'));
  await writeRecipe(old, 'patches: [0003-c.patch]\n', '  - linux/amd64\n', 'other');
  await place.formatPatch(await place.commit({ a: lines(30, { 15: 'ours' }) }), '0003-c.patch');
  place.git('reset', '--quiet', '--hard', 'HEAD~1');
  const commit = await place.commit({ a: lines(30, { 15: 'theirs' }) });
  await writeRecipe(old, 'patches: [0002-b.patch, 0003-c.patch]\n');
  const kept = await read('recipes/tool.yaml');
  expect(kept).not.toBe(text);
  const result = await run('patch', 'refresh', 'tool', 'other');
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toContain(
    `patches/tool/0003-c.patch: error: it does not apply to ${commit.slice(0, 12)}: a (@@ -12,7 +12,7 @@) [patch.conflict]
  diff a/a b/a    (rejected hunks)
  @@ -12,7 +12,7 @@ line 11
`,
  );
  expect(result.stdout).toContain('\nwrote patches/other/0003-c.patch\n');
  expect(await read('recipes/tool.yaml')).toBe(kept);
  expect(await readdir(join(place.root, 'patches/tool'))).toContain('0002-b.patch');
});

test('platforms with patches or sources of their own', async () => {
  const { old, commit } = await makeSeries();
  place.git('branch', 'stable', old);
  const platforms = (patches: string) => `  - linux/amd64
  - platform: linux/arm64
    patches: [${patches}]
  - platform: linux/arm/v7
    upstream: { branch: stable }
`;
  const text = await writeRecipe(commit, 'patches: [0002-b.patch]\n', platforms('0002-b.patch, 0001-a.patch'));
  const status = await run('patch', 'status', 'tool');
  expect(status.stdout).toContain(`
tool    0002-b.patch  merged   ${commit.slice(0, 12)}  linux/amd64
tool    0002-b.patch  merged   ${commit.slice(0, 12)}  linux/arm64
tool    0001-a.patch  applies  ${commit.slice(0, 12)}  linux/arm64
tool    0002-b.patch  applies  ${old.slice(0, 12)}  linux/arm/v7
`);
  // One platform still needs it.
  expect(await runJson('patch', 'refresh', 'tool')).toMatchObject({ recipes: [{ changes: [] }] });
  expect(await read('recipes/tool.yaml')).toBe(text);
  // Of different files there would have to be two.
  await writeRecipe(commit, 'patches: [0003-c.patch]\n', platforms('0003-c.patch'));
  const result = await run('patch', 'refresh', 'tool');
  expect(result).toMatchObject({ exitCode: 1 });
  expect(result.stderr).toContain(
    'patches/tool/0003-c.patch: error: it would have to be refreshed in different ways for different platforms [patch.differs]',
  );
});

test('what cannot be told, and how it is called', async () => {
  const commit = await place.commit({ a: lines(30) });
  await writeRecipe(commit, '');
  expect(await run('patch', 'status')).toMatchObject({ exitCode: 0, stdout: 'no patches\n' });
  expect(await run('patch', 'refresh')).toMatchObject({
    exitCode: 2,
    stderr:
      'error: patch refresh needs the names of recipes [usage.patch]\n  hint: `forkwright patch status` says of which\n',
  });
  expect(await run('patch', 'status', '--dry-run')).toMatchObject({ exitCode: 2 });
  expect(await run('patch', 'drop')).toMatchObject({ exitCode: 2 });
  await writeRecipe(commit, 'patches: [none.patch]\n');
  const missing = await run('patch', 'status');
  expect(missing.exitCode).toBe(2);
  expect(missing.stderr).toContain('patches/tool/none.patch: error: the patch cannot be read');
  const text = (await read('recipes/tool.yaml')).replace(`, commit: "${commit}"`, '');
  await writeFile(join(place.root, 'recipes/tool.yaml'), text);
  expect(await runJson('patch', 'status', '--locked')).toMatchObject({
    findings: [
      {
        code: 'patch.not-locked',
        place: 'recipes/tool.yaml',
        text: 'neither the recipe nor its lock has a commit',
        hint: 'run `forkwright lock tool`, or leave out --locked',
      },
    ],
  });
});

test('a file that cannot be written keeps the others from being written', async () => {
  await makeSeries();
  const path = 'patches/tool/0001-a.patch';
  const before = Buffer.from(await read(path));
  await writeFile(join(place.root, 'recipes/tool.yaml'), 'name: tool\n');
  const content = Buffer.from('new');
  const below = { path: 'recipes/tool.yaml/x', before, content };
  const writing = writeRefresh(place.root, [{ path, before, content }, below, { ...below, path, content: null }]);
  await expect(writing).rejects.toMatchObject({ code: 'archive.write-failed' });
  expect(await read(path)).toBe(before.toString());
  expect((await readdir(join(place.root, 'patches/tool'))).length).toBe(3);
});
