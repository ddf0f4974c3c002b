import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  baseRecipe,
  goRecipe,
  makeProposeBench,
  moveImage,
  propose,
  WORKSPACE,
  type ProposeBench,
} from './propose-bench.ts';

async function makeToolBench(): Promise<ProposeBench> {
  return makeProposeBench(async (place) => {
    await place.commit({ 'main.go': 'package main\n' });
    return { 'forkwright.yaml': WORKSPACE, 'recipes/tool.yaml': goRecipe('tool', place.url) };
  });
}

test('news become a merge request, once; merged, nothing is left to propose', async () => {
  const bench = await makeToolBench();
  expect(await propose(bench)).toMatchObject({ exitCode: 0, steps: [], findings: [] });
  const commit = await bench.commit({ 'main.go': 'package main // more\n' }, 'Fixes #1\n\n/close');
  const first = await propose(bench);
  expect(first).toMatchObject({ exitCode: 0, steps: ['created tool: there is news'], findings: [] });
  const [request] = bench.project.requests();
  expect(request?.title).toBe(`Update tool to ${commit.slice(0, 12)}`);
  expect(request?.description).toContain(`- \`${commit.slice(0, 12)}\` Fixes \\#\u200B1\n`);
  expect(request?.description).toContain('| `tool` | `linux/amd64`, `linux/arm64` | source tree |\n');
  const changed = [...bench.project.files('forkwright/tool')].filter(
    ([path, text]) => bench.project.files('main').get(path) !== text,
  );
  expect(changed.map(([path]) => path).toSorted()).toEqual([
    'generated/pipeline.gitlab-ci.yml',
    'generated/tool/docker-bake.json',
    'generated/tool/linux-amd64.Dockerfile',
    'generated/tool/linux-arm64.Dockerfile',
    'locks/tool.lock.yaml',
  ]);

  const writes = bench.forge.writes().length;
  expect((await propose(bench)).steps).toEqual(['unchanged tool: it is up to date']);
  expect(bench.forge.writes()).toHaveLength(writes);

  bench.project.mergeMergeRequest(1);
  await bench.clone();
  expect((await bench.forkwright('lock', '--frozen')).exitCode).toBe(0);
  expect((await bench.forkwright('render', '--check')).exitCode).toBe(0);
  expect(await propose(bench)).toMatchObject({ exitCode: 0, steps: [], findings: [] });
  expect(bench.forge.writes()).toHaveLength(writes);
});

test('--dry-run shows all of it and writes nothing; without a token the forge is not asked', async () => {
  const bench = await makeToolBench();
  await bench.commit({ 'main.go': 'package main // more\n' });
  const { exitCode, stdout, stderr } = await bench.forkwrightWith({ GITLAB_TOKEN: '' }, 'propose', '--dry-run');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^Update tool to [0-9a-f]{12}\nbranch forkwright\/tool\n\nWhat `tool` is built from has moved: upstream\.\n/,
  );
  expect(stdout).toMatch(/^--- a\/locks\/tool\.lock\.yaml$/m);
  expect(stdout).not.toContain('to do');
  expect(stderr).toContain('releng/forks: note: the forge was not asked what is there already [propose.not-asked]');
  expect(bench.forge.requests).toEqual([]);

  const asked = await bench.forkwright('propose', '--dry-run');
  expect(asked.stdout).toMatch(/\nwhat {2}to do {3}reason\ntool {2}create {2}there is news\n\n1 create\n$/);
  expect(bench.forge.writes()).toEqual([]);
  const refused = await bench.forkwrightWith({ GITLAB_TOKEN: '' }, 'propose');
  expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('[forge.no-token]')]);
});

test('a recipe that is built on the image of another is locked anew with it', async () => {
  const bench = await makeProposeBench(async (place) => {
    await place.commit({ 'main.go': 'package main\n' });
    return {
      'forkwright.yaml': WORKSPACE,
      'recipes/tool.yaml': goRecipe('tool', place.url),
      'recipes/shell.yaml': baseRecipe('shell', 'registry.example.com/tool:latest'),
    };
  });
  await bench.commit({ 'main.go': 'package main // more\n' });
  expect((await propose(bench)).steps).toEqual(['created tool: there is news']);
  const body = bench.project.request(1).description;
  expect(body).toContain('What is built on it is locked anew with it: `shell`.');
  expect(body).toContain('| `shell` | `linux/amd64`, `linux/arm64` | recipe tool |\n');
  bench.project.mergeMergeRequest(1);
  await bench.clone();
  expect((await bench.forkwright('lock', '--frozen')).stderr).toBe('');
  expect((await propose(bench)).steps).toEqual([]);
});

test('recipes with the same new base and no other news go together', async () => {
  const bench = await makeProposeBench(async (place) => {
    await place.commit({ 'main.go': 'package main\n' });
    return {
      'forkwright.yaml': `${WORKSPACE.replace(' }', ', groupByBase: true }')}`,
      'recipes/one.yaml': baseRecipe('one', 'alpine:3.20'),
      'recipes/two.yaml': baseRecipe('two', 'alpine:3.20'),
      'recipes/tool.yaml': goRecipe('tool', place.url),
    };
  });
  // Another platform that nobody builds is no news.
  moveImage(bench.registry, 'alpine:3.20', 1, ['linux/amd64', 'linux/arm64', 'linux/s390x']);
  expect((await propose(bench)).steps).toEqual([]);
  moveImage(bench.registry, 'alpine:3.20', 7, ['linux/amd64', 'linux/arm64', 'linux/riscv64']);
  await bench.commit({ 'main.go': 'package main // more\n' });
  const { steps } = await propose(bench, 'one');
  expect(steps).toEqual(['created base:alpine:3.20: there is news']);
  const [request] = bench.project.requests();
  expect(request?.title).toBe('Update alpine:3.20 of one and two');
  expect(request?.sourceBranch).toMatch(/^forkwright\/base--alpine-3-20-[0-9a-f]{8}$/);
  expect(request?.description).toContain('- `alpine:3.20` also has `linux/riscv64` now\n');
  expect((await propose(bench)).steps).toEqual([
    'unchanged base:alpine:3.20: it is up to date',
    'created tool: there is news',
  ]);
});

test('what is obsolete, and what a rule passes over, is closed', async () => {
  const bench = await makeToolBench();
  const second = await bench.commit({ 'main.go': 'package main // more\n' });
  await propose(bench);
  const rule = `propose: { project: releng/forks, ignore: [{ what: upstream, versions: ${second.slice(0, 12)}, because: it is broken }] }`;
  bench.project.pushCommit('main', { 'forkwright.yaml': `registry: registry.example.com\n${rule}\n` });
  await bench.clone();
  const { steps, document } = await propose(bench);
  expect(steps).toEqual(['closed tool: forkwright.yaml has its news passed over: it is broken']);
  expect(document).toMatchObject({ ignored: [{ recipe: 'tool' }], proposals: [] });
  expect(bench.project.branches()).toEqual(['main']);

  await bench.commit({ 'main.go': 'package main // even more\n' });
  expect((await propose(bench)).steps).toEqual(['created tool: there is news']);
  bench.git('reset', '--quiet', '--hard', 'HEAD~2');
  expect((await propose(bench)).steps).toEqual(['closed tool: there is nothing to propose for it any more']);
});

test('what cannot be found out leaves its merge request alone', async () => {
  const bench = await makeToolBench();
  await bench.commit({ 'main.go': 'package main // more\n' });
  await propose(bench);
  bench.git('branch', '--move', 'main', 'trunk');
  const { exitCode, steps, findings } = await propose(bench);
  expect(exitCode).toBe(2);
  expect(steps).toEqual(['unchanged tool: it is not known whether tool has news: the repository has no branch main']);
  expect(findings).toEqual(['source.no-ref the repository has no branch main']);
});

test('a rewritten history is proposed with a warning', async () => {
  const bench = await makeToolBench();
  bench.git('commit', '--quiet', '--amend', '--message', 'Another one');
  expect((await propose(bench)).steps).toEqual(['created tool: there is news']);
  expect(bench.project.request(1).description).toMatch(/### Warnings\n\n- .*the history of main was rewritten/);
});

const PATCHED = goRecipe('tool', 'URL', 'patches: [0001-change.patch]\n');

/** A recipe with a patch, which is a commit that upstream does not have. */
async function makePatchedBench(): Promise<ProposeBench> {
  return makeProposeBench(async (place) => {
    await place.commit({ 'main.go': 'one\ntwo\nthree\n' });
    place.git('checkout', '--quiet', '-b', 'ours');
    await place.formatPatch(await place.commit({ 'main.go': 'one\n2\nthree\n' }));
    place.git('checkout', '--quiet', 'main');
    return { 'forkwright.yaml': WORKSPACE, 'recipes/tool.yaml': PATCHED.replace('URL', place.url) };
  });
}

test('a patch that upstream has taken is dropped', async () => {
  const bench = await makePatchedBench();
  await bench.commit({ 'main.go': 'one\n2\nthree\n', 'more.go': '' });
  expect((await propose(bench)).steps).toEqual(['created tool: there is news']);
  expect(bench.project.request(1).description).toContain(
    '| `patches/tool/0001-change.patch` | is merged upstream: dropped |',
  );
  const files = bench.project.files('forkwright/tool');
  expect(files.has('patches/tool/0001-change.patch')).toBe(false);
  expect(files.get('recipes/tool.yaml')).toBe(PATCHED.replace('URL', bench.url).replace(/patches.*\n/, ''));
  bench.project.mergeMergeRequest(1);
  await bench.clone();
  expect((await bench.forkwright('lock', '--frozen')).exitCode).toBe(0);
});

test('with a patch that does not apply nothing is proposed, and what is open stays', async () => {
  const bench = await makePatchedBench();
  await bench.commit({ 'more.go': '' });
  expect((await propose(bench)).steps).toEqual(['created tool: there is news']);
  await bench.commit({ 'main.go': 'one\ntoo\nthree\n' });
  const { exitCode, steps, findings } = await propose(bench);
  expect(exitCode).toBe(1);
  expect(steps).toEqual([
    expect.stringMatching(/^unchanged tool: it is not known whether tool has news: it does not apply/),
  ]);
  expect(findings).toEqual([expect.stringMatching(/^patch\.conflict /)]);
});

test('the checkout has to be what the target branch is', async () => {
  const bench = await makeToolBench();
  bench.project.pushCommit('main', { 'README.md': 'read me\n' });
  const old = await propose(bench);
  expect([old.exitCode, old.findings[0]]).toEqual([
    2,
    expect.stringMatching(/^propose\.not-head [0-9a-f]{12} is checked out/),
  ]);
  await bench.clone();
  expect((await propose(bench)).exitCode).toBe(0);
  await writeFile(join(bench.checkout, 'recipes/other.yaml'), baseRecipe('other', 'alpine:3.20'));
  expect(await propose(bench)).toMatchObject({
    exitCode: 2,
    findings: ['propose.not-committed files of the workspace are not committed'],
  });
  const { exitCode, findings } = await propose(bench, '--dry-run');
  expect(exitCode).toBe(0);
  expect(findings.map((text) => text.split(' ')[0])).toEqual(['propose.not-committed', 'propose.no-lock']);
});

test('a workspace can be a folder of its repository', async () => {
  const bench = await makeProposeBench(
    () => ({ 'forkwright.yaml': WORKSPACE, 'recipes/one.yaml': baseRecipe('one', 'alpine:3.20') }),
    'images/forks/',
  );
  moveImage(bench.registry, 'alpine:3.20', 7);
  expect((await propose(bench)).steps).toEqual(['created one: there is news']);
  const files = bench.project.files('forkwright/one');
  expect([...files.keys()].every((path) => path.startsWith('images/forks/'))).toBe(true);
  expect(files.get('images/forks/locks/one.lock.yaml')).not.toBe(
    bench.project.files('main').get('images/forks/locks/one.lock.yaml'),
  );
});

test('limits put off what is too much', async () => {
  const bench = await makeProposeBench(() => ({
    'forkwright.yaml': WORKSPACE.replace(' }', ', maxNew: 1 }'),
    'recipes/one.yaml': baseRecipe('one', 'alpine:3.20'),
    'recipes/two.yaml': baseRecipe('two', 'alpine:3.20'),
  }));
  moveImage(bench.registry, 'alpine:3.20', 7);
  expect((await propose(bench)).steps).toEqual([
    'created one: there is news',
    'deferred two: this run makes no more than 1 new ones',
  ]);
});
