import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { composeDescription } from '../../src/forge/description.ts';
import type { FleetRow } from '../../src/fleet/fleet-row.ts';
import { runProgram } from '../../src/process/run-program.ts';
import { configVariables, makePlace } from '../source/repository.ts';
import { runInProcess, type CommandRun } from '../support/context.ts';
import { digest } from '../support/fleet-facts.ts';
import { startGitHub } from '../support/github-server.ts';
import { openGitLabForge } from '../support/gitlab-forge/open-gitlab-forge.ts';
import { startRegistry } from '../support/registry/registry.ts';

interface Document {
  readonly schema: string;
  readonly observedAt: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly page: string | null;
  readonly recipes: readonly FleetRow[];
  readonly findings: readonly { readonly code: string; readonly severity: string; readonly text: string }[];
}

/** A workspace with a recipe that is built and published, and one whose upstream is on a GitHub. */
async function openWorkspace() {
  const place = await makePlace();
  onTestFinished(place.remove);
  place.git('config', 'uploadpack.allowFilter', 'true');
  await place.commit({ Dockerfile: 'FROM scratch\n', 'a.txt': '1\n', 'b.txt': 'b\n' }, 'First');
  const server = await startGitHub();
  const registry = await startRegistry();
  const git = `https://${new URL(server.url).host}/tools/tool.git`;
  server.repositories.set('tools/tool', { id: 7, fullName: 'tools/tool' });
  const write = async (path: string, ...lines: string[]) => {
    await mkdir(join(place.root, path, '..'), { recursive: true });
    await writeFile(join(place.root, path), `${lines.join('\n')}\n`);
  };
  const writePlain = (text: string) =>
    write(
      'recipes/plain.yaml',
      'name: plain',
      'version: "1.2"',
      `image: { base: scratch, files: [{ to: /etc/plain, content: "${text}\\n" }] }`,
      'platforms: [linux/amd64, linux/arm64]',
      `publish: { image: "${registry.host}/plain", tags: ["{version}"] }`,
    );
  await writePlain('one');
  await write(
    'recipes/tool.yaml',
    'name: tool',
    `upstream: { git: "${git}", branch: main }`,
    'build: { kind: dockerfile }',
    'platforms: [linux/amd64]',
  );
  const env = {
    ...place.deps.env,
    ...configVariables({ [`url.${place.url}.insteadOf`]: git }),
    FORKWRIGHT_CACHE: join(place.folder, 'cache'),
    GITHUB_API_URL: server.url,
    GITHUB_TOKEN: 's3cret',
  };
  const context = { cwd: place.root, env, run: runProgram, fetch: globalThis.fetch };
  const run = (...argv: string[]): Promise<CommandRun> => runInProcess(argv, context);
  const status = async (...argv: string[]) => {
    const { exitCode, stdout, stderr } = await run('status', '--json', ...argv);
    const document = JSON.parse(stdout) as Document;
    return { exitCode, stderr, document, rows: new Map(document.recipes.map((row) => [row.recipe, row])) };
  };
  const withEnv = (more: Readonly<Record<string, string>>) => Object.assign(env, more);
  return { place, server, registry, git, write, writePlain, run, status, withEnv };
}

function signalOf(row: FleetRow | undefined, name: string) {
  const found = row?.signals.find((signal) => signal.name === name);
  return [found?.grade, found?.reason];
}

test('a recipe that is published as it is has nothing to do; after a change of it, its image is older', async () => {
  const { registry, run, status, writePlain } = await openWorkspace();
  expect((await run('lock')).exitCode).toBe(0);
  expect(signalOf((await status()).rows.get('plain'), 'published')).toEqual(['poor', 'nothing is published']);
  expect((await run('make', 'plain')).exitCode).toBe(0);
  expect((await run('push', 'out/plain/plain.oci.tar', `${registry.host}/plain:1.2`)).exitCode).toBe(0);
  const { exitCode, rows, document } = await status('--exit-code');
  expect(rows.get('plain')).toMatchObject({ grade: 'good', reason: 'nothing to do', published: { state: 'there' } });
  expect(document).toMatchObject({ schema: 'forkwright.status/v1', page: null, findings: [] });
  // The commits of the test's upstream are years old.
  expect([exitCode, document.counts]).toEqual([1, { good: 1, fair: 0, poor: 1, unknown: 0 }]);
  expect(document.recipes.map(({ recipe }) => recipe)).toEqual(['tool', 'plain']);

  await writePlain('two');
  await run('lock');
  const changed = (await status('plain')).rows.get('plain');
  expect(changed?.platforms.map(({ state, changes }) => [state, changes.map(({ leaf }) => leaf)])).toEqual([
    ['older', ['dockerfile']],
    ['older', ['dockerfile']],
  ]);
  expect(signalOf(changed, 'published')).toEqual(['fair', 'all platforms: changed since: dockerfile']);
});

test('an upstream that has moved, was archived, and is years old', async () => {
  const { place, server, git, run, status } = await openWorkspace();
  await run('lock');
  await place.commit({ 'a.txt': '2\n' }, 'Second');
  server.repositories.set('tools/tool', { id: 7, fullName: 'tools/tool', isArchived: true });
  const row = (await status('tool')).rows.get('tool');
  expect(row).toMatchObject({
    grade: 'poor',
    upstreams: [{ git, commitsBehind: 1, commits: [{ subject: 'Second' }] }],
  });
  expect(signalOf(row, 'upstream')).toEqual(['poor', 'it is archived: nothing will be mended there']);
  expect(signalOf(row, 'distance')[0]).toBe('fair');
  expect(row?.upstreams[0]?.locked?.committedAt).toBe('2023-11-14T22:14:20.000Z');
  expect(row?.upstreams[0]?.found?.committedAt).toBe('2023-11-14T22:15:20.000Z');
  const { stdout } = await run('status', 'tool');
  expect(stdout).toMatch(/^tool +✗ poor +\d\.\d years, archived +1 +–/m);
  expect(stdout).toMatch(/^ {2}✗ upstream: it is archived: nothing will be mended there \(good: there/m);
  expect(stdout.endsWith('\n1 poor\n')).toBe(true);
});

test('--patches tries the patches on what is followed', async () => {
  const { place, write, git, status, run } = await openWorkspace();
  await place.commit({ 'a.txt': 'ours\n' }, 'Ours');
  const path = await place.formatPatch('HEAD');
  place.git('revert', '--no-edit', 'HEAD');
  const recipe = ['name: tool', `upstream: { git: "${git}", branch: main }`, 'build: { kind: dockerfile }'];
  await write('recipes/tool.yaml', ...recipe, 'platforms: [linux/amd64]', 'patches: [0001-change.patch]');
  await run('lock');
  expect((await status('tool')).rows.get('tool')?.patches).toEqual([{ path, state: null }]);
  await place.commit({ 'a.txt': 'theirs\n' }, 'Theirs');
  const row = (await status('tool', '--patches')).rows.get('tool');
  expect(row?.patches).toEqual([{ path, state: 'conflict' }]);
  expect(signalOf(row, 'patches')).toEqual(['poor', '0001-change.patch: it fits nowhere any more']);
});

test('the open merge request of a recipe', async () => {
  const { status, write, withEnv } = await openWorkspace();
  const forge = await openGitLabForge();
  const project = forge.createProject({ path: 'releng/forks', files: { a: 'a' } });
  project.pushCommit('forkwright/tool', { a: 'b' });
  const target = digest('d');
  const marker = {
    key: 'base:x',
    branch: 'forkwright/tool',
    recipes: ['tool'],
    target,
    content: target,
    head: '',
    title: '',
    body: '',
    labels: [],
  };
  const description = composeDescription('News', { ...marker, closed: false });
  project.openMergeRequest({ title: 'tool: news', description, sourceBranch: 'forkwright/tool' });
  expect((await status()).rows.get('tool')?.mergeRequest).toMatchObject({
    state: 'not-asked',
    reason: 'no project is configured',
  });
  await write('forkwright.yaml', 'propose: { project: releng/forks }');
  withEnv({ GITLAB_HOST: forge.url });
  expect((await status()).rows.get('tool')?.mergeRequest.reason).toMatch(/^there is no token, and without one /);
  withEnv({ GITLAB_TOKEN: forge.token });
  const { rows } = await status();
  expect(rows.get('tool')?.mergeRequest).toMatchObject({ state: 'there', iid: 1, title: 'tool: news' });
  expect(rows.get('plain')?.mergeRequest).toMatchObject({ state: 'none', reason: 'none is open' });
  expect(forge.writes()).toEqual([]);
});

test('what could not be found out is unknown with its reason, and ends with 2', async () => {
  const { status, registry } = await openWorkspace();
  registry.fail({ path: /plain/, fault: { kind: 'status', status: 403, code: 'DENIED' } });
  const { exitCode, document, rows } = await status('plain');
  expect(exitCode).toBe(2);
  expect(signalOf(rows.get('plain'), 'published')[0]).toBe('unknown');
  expect(document.findings).toMatchObject([{ code: 'status.unknown', severity: 'error' }]);
  expect(document.findings[0]?.text).toMatch(/^what is published of it: /);
});

test('--offline asks nobody', async () => {
  const { run, status, registry, server } = await openWorkspace();
  await run('lock');
  expect((await status('--offline')).exitCode).toBe(2);
  await status();
  const counts = [server.requests.length, registry.requests.length];
  const { exitCode, rows } = await status('--offline');
  expect([server.requests.length, registry.requests.length]).toEqual(counts);
  expect(exitCode).toBe(0);
  expect(rows.get('plain')?.published).toMatchObject({ state: 'not-asked', reason: 'nobody is asked offline' });
});

test('a faulty recipe is told, and the others are shown', async () => {
  const { status, write } = await openWorkspace();
  await write('recipes/broken.yaml', 'name: broken');
  const { exitCode, document, rows } = await status();
  expect(exitCode).toBe(1);
  expect([...rows.keys()]).toEqual(['plain', 'tool']);
  expect(document.findings.map(({ code }) => code)).toContain('recipe.missing-key');
});

test('--html writes one page into a folder that others use too; an older page is replaced', async () => {
  const { place, run, status, write } = await openWorkspace();
  await run('lock');
  await write('public/robots.txt', 'User-agent: *');
  await write('public/index.html', 'old');
  expect((await status('--html', 'public')).document.page).toBe('public/index.html');
  expect((await readdir(join(place.root, 'public'))).toSorted()).toEqual(['index.html', 'robots.txt']);
  const page = await readFile(join(place.root, 'public/index.html'), 'utf8');
  expect(page).toMatch(/^<!doctype html>\n/);
  expect(page).toContain('<tbody id="recipe-plain"');
  expect(page).not.toContain('s3cret');
});

test('the folder of the page cannot be a file', async () => {
  const { run, write } = await openWorkspace();
  await write('public', 'a file');
  const { exitCode, stderr } = await run('status', 'plain', '--html', 'public');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('[archive.write-failed]');
});
