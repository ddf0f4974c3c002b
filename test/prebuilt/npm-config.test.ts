import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ForkwrightError } from '../../src/errors.ts';
import { findNpmRegistry, type NpmConfigDeps } from '../../src/prebuilt/npm-config.ts';
import { runProgram } from '../../src/process/run-program.ts';
import { makeFolder } from '../support/archives.ts';
import { failureOf, makeDeps } from '../support/obtain-deps.ts';

interface World {
  readonly env?: Readonly<Record<string, string>>;
  readonly project?: string;
  readonly user?: string;
  /** What npm answers; there is no npm without it. */
  readonly npm?: string;
}

async function prepare({ env = {}, project, user, npm }: World) {
  const root = await makeFolder();
  await mkdir(join(root, 'home'));
  if (project !== undefined) await writeFile(join(root, '.npmrc'), project);
  if (user !== undefined) await writeFile(join(root, 'home/.npmrc'), user);
  const calls: string[][] = [];
  const { deps, journal } = makeDeps(root, { env: { HOME: join(root, 'home'), ...env } });
  const run: NpmConfigDeps['run'] = async (argv) => {
    calls.push([...argv]);
    return { stdout: npm ?? '', stderr: '' };
  };
  return { deps: npm === undefined ? deps : { ...deps, run }, journal, calls };
}

async function registryOf(name: string, world: World) {
  return findNpmRegistry(name, (await prepare(world)).deps);
}

test.each([
  ['tool', 'https://npm.example.org/\n', 'https://npm.example.org/'],
  ['tool', 'https://npm.example.org/a/b\n', 'https://npm.example.org/a/b/'],
  ['tool', 'undefined\n', 'https://registry.npmjs.org/'],
  ['@s/tool', '@s:registry=https://s.example.org/\nregistry=https://npm.example.org/\n', 'https://s.example.org/'],
  ['@s/tool', '@s:registry=undefined\nregistry=https://npm.example.org/\r\n', 'https://npm.example.org/'],
])('for %s npm answers %j', async (name, npm, url) => {
  expect(await registryOf(name, { npm })).toEqual({ url, headers: {} });
});

test('npm is asked in one call, and as the one that started this program', async () => {
  const { deps, calls } = await prepare({ npm: '', env: { npm_execpath: '/lib/npm-cli.js' } });
  await findNpmRegistry('@s/tool', deps);
  expect(calls).toEqual([[process.execPath, '/lib/npm-cli.js', 'config', 'get', '@s:registry', 'registry']]);
  const other = await prepare({ npm: '', env: { npm_execpath: '/lib/pnpm.cjs' } });
  await findNpmRegistry('tool', other.deps);
  expect(other.calls).toEqual([['npm', 'config', 'get', 'registry']]);
});

test('without npm the project comes before the user, and the environment before both; a note says so', async () => {
  const files = {
    project: 'registry=https://project.example.org',
    user: 'registry=https://user.example.org\n@s:registry=https://s.example.org',
  };
  expect((await registryOf('tool', files)).url).toBe('https://project.example.org/');
  expect((await registryOf('@s/tool', files)).url).toBe('https://s.example.org/');
  expect((await registryOf('tool', { user: files.user })).url).toBe('https://user.example.org/');
  for (const name of ['npm_config_registry', 'NPM_CONFIG_REGISTRY']) {
    expect((await registryOf('tool', { ...files, env: { [name]: 'https://env.example.org' } })).url).toBe(
      'https://env.example.org/',
    );
  }
  const { deps, journal } = await prepare({});
  expect((await findNpmRegistry('tool', deps)).url).toBe('https://registry.npmjs.org/');
  expect(journal.notes).toEqual([
    'npm cannot be asked for its registry: it is read from the environment and the .npmrc files',
  ]);
});

const BASIC = `Basic ${Buffer.from('ann:p:w').toString('base64')}`;
test.each([
  ['a token', '//npm.example.org/:_authToken=abc=', 'Bearer abc='],
  ['a token of a folder', '//npm.example.org/a/:_authToken = "abc"', 'Bearer abc'],
  ['the nearest of two', '//npm.example.org/:_authToken=far\n//npm.example.org/a/:_authToken=near', 'Bearer near'],
  ['a variable', '//${THE_HOST}/:_authToken=${TOKEN}\r\n', 'Bearer from-env'],
  ['_auth', `//npm.example.org/a/b/:_auth=${BASIC.slice(6)}`, BASIC],
  [
    'user and password',
    `//npm.example.org/:username=ann\n//npm.example.org/:_password=${Buffer.from('p:w').toString('base64')}`,
    BASIC,
  ],
  ['another host', '//other.example.org/:_authToken=abc', undefined],
  ['another port', '//npm.example.org:8080/:_authToken=abc', undefined],
  ['a folder beside', '//npm.example.org/a/c/:_authToken=abc', undefined],
  ['a comment', '# //npm.example.org/:_authToken=abc\n; x=y', undefined],
])('credentials: %s', async (_, user, authorization) => {
  const env = { THE_HOST: 'npm.example.org', TOKEN: 'from-env' };
  const { headers } = await registryOf('tool', { npm: 'https://npm.example.org/a/b/', user, env });
  expect(headers).toEqual(authorization === undefined ? {} : { authorization });
});

test('credentials in the URL of the registry become a header', async () => {
  expect(await registryOf('tool', { npm: 'https://ann:p%3Aw@npm.example.org/a' })).toEqual({
    url: 'https://npm.example.org/a/',
    headers: { authorization: BASIC },
  });
});

test('a registry that is no URL; its password is not shown', async () => {
  expect(await failureOf(registryOf('tool', { npm: 'ftp://ann:secret@npm.example.org/' }))).toMatchObject({
    code: 'npm.config',
    message: 'npm\'s registry "ftp://***@npm.example.org/" is not a URL',
    hint: '`npm config get registry` shows it, `npm config set registry` changes it',
  });
});

test('a .npmrc that cannot be read', async () => {
  const { deps } = await prepare({});
  await mkdir(join(deps.root, '.npmrc'));
  expect(await failureOf(findNpmRegistry('tool', deps))).toMatchObject({
    code: 'npm.config',
    message: "npm's settings cannot be read",
    place: join(deps.root, '.npmrc'),
  });
});

test('an npm that fails is no npm that is missing', async () => {
  const { deps } = await prepare({});
  const run = () => Promise.reject(new ForkwrightError('process.failed', 'npm ended with exit code 1'));
  expect(await failureOf(findNpmRegistry('tool', { ...deps, run }))).toMatchObject({ code: 'process.failed' });
});

test('the real npm says what its project says', async () => {
  const { deps } = await prepare({ project: '@s:registry=http://127.0.0.1:9/s/\nregistry=http://127.0.0.1:9/\n' });
  await writeFile(join(deps.root, 'package.json'), '{}');
  const npmCli = execFileSync('npm', ['root', '-g'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const env = { PATH: process.env['PATH'], HOME: deps.root, npm_execpath: join(npmCli, 'npm/bin/npm-cli.js') };
  expect((await findNpmRegistry('@s/tool', { ...deps, env, run: runProgram })).url).toBe('http://127.0.0.1:9/s/');
  expect((await findNpmRegistry('@t/tool', { ...deps, env, run: runProgram })).url).toBe('http://127.0.0.1:9/');
});
