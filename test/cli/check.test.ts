import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runProgram } from '../../src/process/run-program.ts';
import { configVariables, makePlace } from '../source/repository.ts';
import { runInProcess, type CommandRun } from '../support/context.ts';
import { startGitHub } from '../support/github-server.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { seededImage, seedRepository } from '../support/registry/seeded-image.ts';

/** A workspace with one recipe, whose upstream is on a GitHub, and whose base is in a registry. */
async function openWorkspace() {
  const place = await makePlace();
  onTestFinished(place.remove);
  place.git('config', 'uploadpack.allowFilter', 'true');
  const pinned = await place.commit({ 'a.txt': '1' }, 'First');
  const server = await startGitHub();
  const registry = await startRegistry();
  const git = `https://${new URL(server.url).host}/tools/tool.git`;
  server.repositories.set('tools/tool', { id: 7, fullName: 'tools/tool' });
  const image = seededImage({ platforms: ['linux/amd64', 'linux/arm64'] });
  seedRepository(registry.repository('base'), image, 'v1');
  const base = `${registry.host}/base:v1@${image.digest}`;
  await mkdir(join(place.root, 'recipes'));
  const recipe = [
    'name: tool',
    `upstream: { git: "${git}", branch: main, commit: "${pinned}" }`,
    'build: { kind: dockerfile }',
    'platforms: [linux/amd64, linux/arm64]',
  ];
  await writeFile(join(place.root, 'recipes/tool.yaml'), `${recipe.join('\n')}\n`);
  const plain = ['name: plain', 'version: "1"', `image: { base: "${base}" }`, 'platforms: [linux/amd64]'];
  await writeFile(join(place.root, 'recipes/plain.yaml'), `${plain.join('\n')}\n`);
  const env = {
    ...place.deps.env,
    ...configVariables({ [`url.${place.url}.insteadOf`]: git }),
    FORKWRIGHT_CACHE: join(place.folder, 'cache'),
    GITHUB_API_URL: server.url,
    GITHUB_TOKEN: 's3cret',
  };
  const run = (...argv: string[]): Promise<CommandRun> =>
    runInProcess(['check', ...argv], { cwd: place.root, env, run: runProgram, fetch: globalThis.fetch });
  return { place, server, registry, git, base: base.replace(`@${image.digest}`, ''), image, pinned, run };
}

test('nothing has moved: 0, and a table', async () => {
  const { git, image, registry, run } = await openWorkspace();
  const { exitCode, stdout, stderr } = await run('--exit-code');
  expect(stderr).not.toMatch(/error|warning/);
  expect(exitCode).toBe(0);
  const short = git.replace(/^https:\/\/|\.git$/g, '');
  const name = `${registry.host}/base:v1@${image.digest}`;
  const width = name.length;
  expect(stdout).toBe(
    [
      `recipe  ${'built from'.padEnd(width)}  state    reason`,
      `plain   ${name}  current  it has not moved`,
      `tool    ${`${short} branch main`.padEnd(width)}  current  main is what is pinned`,
      '',
      '2 current',
      '',
    ].join('\n'),
  );
});

test('news end with 0, with --exit-code 1, and show what is new', async () => {
  const { place, pinned, run } = await openWorkspace();
  const moved = await place.commit({ 'a.txt': '2' }, 'Second \u001b[31mred');
  const { exitCode, stdout } = await run('tool');
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`moved  main is at ${moved.slice(0, 12)}, 1 commit ahead\n`);
  expect(stdout).toContain(`tool: new commits\n  ${moved.slice(0, 12)} Second \\u001b[31mred\n\n1 moved\n`);
  expect((await run('tool', '--exit-code')).exitCode).toBe(1);
  const document = JSON.parse((await run('tool', '--json')).stdout) as unknown;
  expect(document).toMatchObject({
    schema: 'forkwright.check/v1',
    offline: false,
    counts: { current: 0, moved: 1, unpinned: 0, alarm: 0, unknown: 0 },
    recipes: [{ recipe: 'tool', verdict: 'moved', upstreams: [{ pinned, found: { commit: moved } }], images: [] }],
    findings: [],
  });
});

test('what could not be checked is 2, with or without news', async () => {
  const { place, registry, run } = await openWorkspace();
  seedRepository(registry.repository('base'), seededImage({ seed: 2, platforms: ['linux/amd64'] }), 'v1');
  place.git('config', 'core.bare', 'maybe');
  const { exitCode, stdout, stderr } = await run('--exit-code');
  expect(exitCode).toBe(2);
  expect(stdout).toContain('1 unknown, 1 moved\n');
  expect(stderr).toMatch(/^recipes\/tool\.yaml: error: .*git cannot reach it: .* \[upstream\.unknown\]$/m);
});

test('--offline asks nobody', async () => {
  const { server, registry, run } = await openWorkspace();
  expect((await run('--offline')).exitCode).toBe(2);
  await run();
  const counts = [server.requests.length, registry.requests.length];
  const { exitCode, stdout } = await run('--offline');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('2 current\n');
  expect([server.requests.length, registry.requests.length]).toEqual(counts);
});

test('a token goes to its host alone, and is nowhere in what is printed', async () => {
  const { server, registry, run } = await openWorkspace();
  const reply = { status: 401, headers: { 'content-type': 'application/json' }, body: '{"message":"Bad credentials"}' };
  server.fault = { path: /./, reply };
  const { exitCode, stdout, stderr } = await run('--json');
  expect(exitCode).toBe(2);
  expect(server.requests[0]?.headers.authorization).toBe('token s3cret');
  expect(registry.requests.map(({ headers }) => headers.authorization)).not.toContain('token s3cret');
  expect(stdout + stderr).not.toContain('s3cret');
  expect(stdout).toContain('the token in GITHUB_TOKEN is not valid there');
});

test('the health of a URL', async () => {
  const { server, git, base, run } = await openWorkspace();
  const { exitCode, stdout } = await run(git, '--image', base, '--json', '--exit-code');
  const { schema, upstreams } = JSON.parse(stdout) as {
    readonly schema: string;
    readonly upstreams: readonly {
      readonly grade: string;
      readonly signals: readonly { name: string; grade: string }[];
    }[];
  };
  expect(schema).toBe('forkwright.health/v1');
  // The test's commits are years old, and its project has no releases.
  expect(upstreams[0]?.grade).toBe('poor');
  expect(exitCode).toBe(1);
  const grades = Object.fromEntries((upstreams[0]?.signals ?? []).map(({ name, grade }) => [name, grade]));
  expect(grades).toMatchObject({
    reachable: 'good',
    activity: 'poor',
    archived: 'good',
    licence: 'good',
    branch: 'good',
    platforms: 'good',
  });
  server.fault = { path: /./, reply: { status: 404 } };
  const text = await run(git);
  expect(text.exitCode).toBe(0);
  expect(text.stdout).toContain('archived      unknown  the API of its forge does not have it, or not for us');
});

test('a URL that nobody can reach', async () => {
  const { place, run } = await openWorkspace();
  const { exitCode, stdout, stderr } = await run(`file://${place.folder}/nothing.git`);
  expect(exitCode).toBe(2);
  expect(stdout).toMatch(/^file:\S+: (?:unknown|fair)$/m);
  expect(stderr).toContain('[upstream.health-unknown]');
});

test.each([
  [['tool', 'https://git.example.com/a/b'], 'URLs and names of recipes cannot be checked in one call'],
  [['tool', '--image', 'alpine:3.20'], 'URLs and names of recipes cannot be checked in one call'],
  [['--image', 'alpine:3.20'], '--image is the image of one upstream'],
  [['https://user:hush@git.example.com/a/b'], 'the URL carries a user or a password'],
])('wrong usage: %o', async (argv, text) => {
  const { run } = await openWorkspace();
  const { exitCode, stderr } = await run(...argv);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`error: ${text} [usage.check]`);
  expect(stderr).not.toContain('hush');
});
