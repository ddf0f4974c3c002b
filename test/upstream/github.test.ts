import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ForgeProject } from '../../src/upstream/forge.ts';
import { openGitHub } from '../../src/upstream/github.ts';
import { openGitLab } from '../../src/upstream/gitlab.ts';
import { createHostLimit } from '../../src/upstream/host-limit.ts';
import { createPoliteFetch } from '../../src/upstream/polite-fetch.ts';
import { startServer } from '../support/file-server.ts';
import { startGitHub } from '../support/github-server.ts';
import { startGitLab } from '../support/gitlab-server.ts';
import { failureOf } from '../support/obtain-deps.ts';

const signal = new AbortController().signal;

async function politeFetch(nowMs = 0): Promise<typeof globalThis.fetch> {
  const cacheFolder = await mkdtemp(join(tmpdir(), 'forkwright-forge-'));
  onTestFinished(() => rm(cacheFolder, { recursive: true }));
  const pauses = { random: () => 0, sleep: () => Promise.resolve() };
  const limit = createHostLimit(4);
  return createPoliteFetch({
    fetch: globalThis.fetch,
    cacheFolder,
    limit,
    pauses,
    signal,
    nowMs: () => nowMs,
    timeoutMs: 5000,
  });
}

const project = (kind: ForgeProject['kind'], apiUrl: string, token = '', tokenName = ''): ForgeProject => ({
  kind,
  apiUrl,
  path: 'tools/tool',
  token,
  tokenName,
});

test('a repository of GitHub, with releases and advisories', async () => {
  const server = await startGitHub();
  server.repositories.set('tools/tool', {
    id: 7,
    fullName: 'tools/tool',
    isArchived: true,
    licence: 'Apache-2.0',
    licences: { abc: 'MIT' },
    releases: [
      { tag: 'v2.0', publishedAt: null, isDraft: true },
      { tag: 'v1.1-rc1', publishedAt: '2026-02-01T00:00:00Z' },
      { tag: 'v1.0', publishedAt: '2026-01-01T00:00:00Z' },
    ],
    advisories: [{ id: 'GHSA-aaaa-bbbb-cccc', ranges: ['< 1.0'] }],
  });
  const client = openGitHub(project('github', server.url), { fetch: await politeFetch(), signal });
  expect(await client.describe()).toEqual({
    forge: 'github',
    id: 7,
    name: 'tools/tool',
    url: 'https://github.example/tools/tool',
    defaultBranch: 'main',
    isArchived: true,
    licence: 'Apache-2.0',
    releases: [
      { tag: 'v1.1-rc1', publishedAt: '2026-02-01T00:00:00Z', isPrerelease: true },
      { tag: 'v1.0', publishedAt: '2026-01-01T00:00:00Z', isPrerelease: false },
    ],
    advisories: [
      {
        id: 'GHSA-aaaa-bbbb-cccc',
        severity: 'high',
        summary: 'A hole',
        publishedAt: null,
        url: 'https://github.example/advisories/GHSA-aaaa-bbbb-cccc',
        ranges: ['< 1.0'],
      },
    ],
  });
  expect(await client.licenceAt('abc')).toBe('MIT');
});

test('a renamed repository tells its new name', async () => {
  const server = await startGitHub();
  server.repositories.set('tools/tool', { id: 7, fullName: 'tools/better-tool' });
  const client = openGitHub(project('github', server.url), { fetch: await politeFetch(), signal });
  expect(await client.describe()).toMatchObject({ id: 7, name: 'tools/better-tool' });
});

test('what is not there is null', async () => {
  const { url } = await startGitHub();
  const client = openGitHub(project('github', url), { fetch: await politeFetch(), signal });
  expect(await client.describe()).toBeNull();
});

test('a second look costs no quota: it is asked by ETag, and the 304 is not seen', async () => {
  const server = await startGitHub();
  server.repositories.set('tools/tool', { id: 7, fullName: 'tools/tool' });
  const fetch = await politeFetch();
  const client = openGitHub(project('github', server.url, 's3cret', 'GITHUB_TOKEN'), { fetch, signal });
  const first = await client.describe();
  expect(await client.describe()).toEqual(first);
  const asked = server.requests.map(({ headers }) => [headers.authorization, headers['if-none-match'] !== undefined]);
  const [bare, known] = [
    ['token s3cret', false],
    ['token s3cret', true],
  ];
  expect(asked).toEqual([bare, bare, bare, known, known, known]);
  // What was answered to somebody with a token is not for somebody without.
  await openGitHub(project('github', server.url), { fetch, signal }).describe();
  expect(server.requests[6]?.headers).not.toHaveProperty('if-none-match');
});

const QUOTA = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795000000', 'content-type': 'application/json' };
const BODY = '{"message":"API rate limit exceeded"}';

test.each([
  [403, QUOTA, '; it comes back at 2026-11-18T11:06Z'],
  [429, QUOTA, '; it comes back at 2026-11-18T11:06Z'],
  [403, { 'retry-after': '60' }, '; it comes back at 1970-01-01T00:01Z'],
])('a spent quota, %i: one request, and when it comes back', async (status, headers, back) => {
  const server = await startGitHub();
  server.fault = { path: /./, reply: { status, headers, body: BODY } };
  const fetch = await politeFetch();
  const client = openGitHub(project('github', server.url, 's3cret', 'GITHUB_TOKEN'), { fetch, signal });
  const host = new URL(server.url).host;
  const error = await failureOf(client.describe());
  expect(error).toMatchObject({ code: 'upstream.quota', message: `the quota of requests to ${host} is spent${back}` });
  expect(await failureOf(client.describe())).toBe(error);
  expect(server.requests).toHaveLength(1);
});

test.each([
  [401, {}, 'Bad credentials', 'the token in GITHUB_TOKEN is not valid there', 1],
  [403, {}, 'Resource not accessible', 'check what the token in GITHUB_TOKEN may read', 1],
])('%i is not tried again, and does not tell the token', async (status, headers, message, hint, count) => {
  const server = await startGitHub();
  const reply = {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ message }),
  };
  server.fault = { path: /./, reply };
  const fetch = await politeFetch();
  const client = openGitHub(project('github', server.url, 's3cret', 'GITHUB_TOKEN'), { fetch, signal });
  const error = await failureOf(client.describe());
  const host = new URL(server.url).host;
  expect(error).toMatchObject({ code: 'upstream.refused', message: `${host} answered ${status}: ${message}`, hint });
  expect(JSON.stringify(error)).not.toContain('s3cret');
  expect(server.requests).toHaveLength(count);
});

test('a server error is tried six times in all', async () => {
  const server = await startGitHub();
  server.fault = { path: /./, reply: { status: 502, body: 'no' } };
  const client = openGitHub(project('github', server.url), { fetch: await politeFetch(), signal });
  expect(await failureOf(client.describe())).toMatchObject({ code: 'upstream.server-error' });
  expect(server.requests).toHaveLength(6);
});

test('a page is no answer of GitHub', async () => {
  const server = await startGitHub();
  server.fault = { path: /./, reply: { headers: { 'content-type': 'text/html' }, body: '<p>Log in</p>' } };
  const client = openGitHub(project('github', server.url), { fetch: await politeFetch(), signal });
  expect(await failureOf(client.describe())).toMatchObject({ code: 'upstream.bad-answer', place: server.url });
});

test('a project of GitLab that has moved, with its releases', async () => {
  const server = await startGitLab();
  const releases = [
    { tag: 'v2', releasedAt: '2027-01-01T00:00:00Z', isUpcoming: true },
    { tag: 'v1', releasedAt: '2026-01-01T00:00:00Z' },
  ];
  server.projects.set('tools/tool', { id: 9, path: 'other/tool', isArchived: true, licence: 'gpl-2.0', releases });
  const client = openGitLab(project('gitlab', `${server.url}/api/v4`, 's3cret', 'GITLAB_TOKEN'), {
    fetch: await politeFetch(),
    signal,
  });
  expect(await client.describe()).toEqual({
    forge: 'gitlab',
    id: 9,
    name: 'other/tool',
    url: 'https://gitlab.example/other/tool',
    defaultBranch: 'main',
    isArchived: true,
    licence: 'gpl-2.0',
    releases: [{ tag: 'v1', publishedAt: '2026-01-01T00:00:00Z', isPrerelease: false }],
    advisories: null,
  });
  expect(server.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ['/api/v4/projects/tools%2Ftool?license=true', 'Bearer s3cret'],
    ['/api/v4/projects/9?license=true', 'Bearer s3cret'],
    ['/api/v4/projects/9/releases?per_page=100', 'Bearer s3cret'],
  ]);
});

test('a token of GitLab does not follow a redirect to another host', async () => {
  const other = await startServer(() => ({ body: '{}' }));
  const server = await startGitLab();
  server.fault = { path: /./, reply: { status: 302, headers: { location: `${other.url}/users/sign_in` } } };
  const client = openGitLab(project('gitlab', `${server.url}/api/v4`, 's3cret', 'GITLAB_TOKEN'), {
    fetch: await politeFetch(),
    signal,
  });
  expect(await failureOf(client.describe())).toMatchObject({
    code: 'upstream.refused',
    message: `${new URL(server.url).host} answered 302: it leads to ${other.url}`,
  });
  expect(other.requests).toEqual([]);
});

test("a job's token is shown for releases only", async () => {
  const server = await startGitLab();
  server.projects.set('tools/tool', { id: 9, path: 'tools/tool' });
  const client = openGitLab(project('gitlab', `${server.url}/api/v4`, 's3cret', 'CI_JOB_TOKEN'), {
    fetch: await politeFetch(),
    signal,
  });
  await client.describe();
  expect(server.requests.map(({ headers }) => [headers['job-token'], headers.authorization])).toEqual([
    [undefined, undefined],
    ['s3cret', undefined],
  ]);
});

test.each([
  ['a page', { headers: { 'content-type': 'text/html' }, body: '<p>Log in</p>' }],
  ['something else', { body: '{"id":"nine"}' }],
])('%s is no answer of GitLab', async (_, reply) => {
  const server = await startGitLab();
  server.fault = { path: /./, reply };
  const client = openGitLab(project('gitlab', `${server.url}/api/v4`), { fetch: await politeFetch(), signal });
  expect(await failureOf(client.describe())).toMatchObject({ code: 'upstream.bad-answer' });
});
