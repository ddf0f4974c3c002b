import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runProgram } from '../../../src/process/run-program.ts';
import { createFindCredentials } from '../../../src/registry/access/find-credentials.ts';
import { SIGNAL } from '../../support/archives.ts';

const AUTH = Buffer.from('ann:pa:ss').toString('base64');
const NOBODY = { identityToken: null, registryToken: null };

/** A home folder with docker's config.json, and with helpers on PATH. */
async function find(
  registry: string,
  config: unknown,
  env: Record<string, string> = {},
  helpers: Record<string, string> = {},
) {
  const home = await mkdtemp(join(tmpdir(), 'forkwright-home-'));
  onTestFinished(() => rm(home, { recursive: true }));
  await mkdir(join(home, '.docker'));
  if (config !== null) {
    await writeFile(join(home, '.docker/config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  }
  for (const [name, script] of Object.entries(helpers)) {
    const path = join(home, `docker-credential-${name}`);
    await writeFile(path, `#!${process.execPath}\n${script}`);
    await chmod(path, 0o755);
  }
  const deps = { cwd: home, env: { HOME: home, PATH: home, ...env }, run: runProgram, signal: SIGNAL };
  const found = await createFindCredentials(deps)(registry);
  return found === null ? null : { ...found, source: found.source.replace(home, '~') };
}

test.each<readonly [name: string, registry: string, config: unknown, credentials: object | null]>([
  ['no file', 'a.test', null, null],
  ['auth', 'a.test', { auths: { 'a.test': { auth: AUTH } } }, { username: 'ann', secret: 'pa:ss', ...NOBODY }],
  ['a URL as the key', 'a.test', { auths: { 'https://a.test/v1/': { auth: AUTH } } }, { username: 'ann' }],
  ['another port', 'a.test', { auths: { 'a.test:5000': { auth: AUTH } } }, null],
  ['another host', 'a.test', { auths: { 'b.a.test': { auth: AUTH } } }, null],
  ['a part of a registry', 'a.test', { auths: { 'a.test/team': { auth: AUTH } } }, null],
  ['Docker Hub', 'docker.io', { auths: { 'https://index.docker.io/v1/': { auth: AUTH } } }, { username: 'ann' }],
  ["podman's Docker Hub", 'docker.io', { auths: { 'docker.io': { auth: AUTH } } }, { username: 'ann' }],
  [
    'name and password',
    'a.test',
    { auths: { 'a.test': { username: 'ann', password: 'x' } } },
    { username: 'ann', secret: 'x' },
  ],
  ['an identity token', 'a.test', { auths: { 'a.test': { auth: AUTH, identitytoken: 't' } } }, { identityToken: 't' }],
  ['a registry token', 'a.test', { auths: { 'a.test': { registrytoken: 't' } } }, { registryToken: 't' }],
  ['an empty entry', 'a.test', { auths: { 'a.test': {} } }, null],
])('%s', async (_name, registry, config, credentials) => {
  const found = await find(registry, config);
  if (credentials === null) expect(found).toBeNull();
  else expect(found).toMatchObject({ ...credentials, source: '~/.docker/config.json' });
});

const HELPER = `let text = '';
process.stdin.on('data', (d) => (text += d)).on('end', () => {
  if (process.argv[2] !== 'get') process.exit(2);
  if (text === 'none.test') { console.log('credentials not found in native keychain'); process.exit(1); }
  if (text === 'bad.test') { console.error('the keychain is locked'); process.exit(1); }
  const Username = text === 'token.test' ? '<token>' : 'ann';
  console.log(JSON.stringify({ ServerURL: text, Username, Secret: 'of ' + text }));
});`;

test('helpers are asked before auths, the one for the host before the one for all', async () => {
  const config = { auths: { 'a.test': { auth: AUTH } }, credsStore: 'all', credHelpers: { 'b.test': 'one' } };
  const helpers = { all: HELPER, one: HELPER };
  const source = (name: string) => `docker-credential-${name}, which ~/.docker/config.json names`;
  expect(await find('a.test', config, {}, helpers)).toMatchObject({ secret: 'of a.test', source: source('all') });
  expect(await find('b.test', config, {}, helpers)).toMatchObject({ secret: 'of b.test', source: source('one') });
  expect(await find('docker.io', config, {}, helpers)).toMatchObject({ secret: 'of https://index.docker.io/v1/' });
  expect(await find('token.test', config, {}, helpers)).toMatchObject({ identityToken: 'of token.test' });
  expect(await find('none.test', config, {}, helpers)).toBeNull();
});

test.each<readonly [name: string, config: unknown, message: string]>([
  ['a helper that fails', { credsStore: 'all' }, 'the credentials cannot be read: docker-credential-all failed'],
  [
    'a helper that is not there',
    { credsStore: 'other' },
    'the credentials cannot be read: docker-credential-other is not installed',
  ],
  [
    'a helper with a path',
    { credsStore: '../x' },
    'the credentials cannot be read: the name of a credential helper is none',
  ],
  [
    'auth that is none',
    { auths: { 'bad.test': { auth: 'eA==' } } },
    'the credentials cannot be read: auth of bad.test is not the base64 of a name, a colon and a password',
  ],
  ['a list', '[]', 'the credentials cannot be read: it is no JSON object'],
])('%s is an error that names the file', async (_name, config, message) => {
  await expect(find('bad.test', config, {}, { all: HELPER })).rejects.toMatchObject({
    code: 'registry.credentials',
    message,
    place: expect.stringMatching(/\/\.docker\/config\.json$/),
  });
});

test('a file that is no JSON is an error that names it', async () => {
  await expect(find('a.test', '{')).rejects.toMatchObject({
    code: 'registry.credentials',
    place: expect.stringMatching(/config\.json$/),
  });
});

test.each<readonly [registry: string, username: string | undefined]>([
  ['registry.gitlab.test', 'ci-user'],
  ['gitlab.test', 'proxy-user'],
  ['gitlab.test:443', 'proxy-user'],
  ['other.test', undefined],
])("GitLab's variables for %s", async (registry, username) => {
  const env = {
    CI_REGISTRY: 'registry.gitlab.test',
    CI_REGISTRY_USER: 'ci-user',
    CI_REGISTRY_PASSWORD: 'x',
    CI_JOB_TOKEN: 'y',
    CI_DEPENDENCY_PROXY_SERVER: 'gitlab.test:443',
    CI_DEPENDENCY_PROXY_USER: 'proxy-user',
    CI_DEPENDENCY_PROXY_PASSWORD: 'z',
  };
  expect((await find(registry, null, env))?.username).toBe(username);
});

test('a job token will do', async () => {
  const env = { CI_REGISTRY: 'r.test', CI_JOB_TOKEN: 'y' };
  expect(await find('r.test', null, env)).toMatchObject({
    username: 'gitlab-ci-token',
    secret: 'y',
    source: "GitLab's variable CI_JOB_TOKEN",
  });
});

test('DOCKER_AUTH_CONFIG counts before files', async () => {
  const config = { auths: { 'a.test': { username: 'file', password: 'x' } } };
  const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'a.test': { auth: AUTH } } }) };
  expect(await find('a.test', config, env)).toMatchObject({ username: 'ann', source: 'DOCKER_AUTH_CONFIG' });
});
