import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ForkwrightError } from '../../src/errors.ts';
import type { GitLabClient } from '../../src/forge/gitlab-client.ts';
import { openGitLab } from '../../src/forge/gitlab-client.ts';
import { SIGNAL } from '../support/archives.ts';
import { openGitLabForge, type TestForge } from '../support/gitlab-forge/open-gitlab-forge.ts';
import { FILES, openClient } from './run.ts';

const SECRET = 'glpat-very-secret';
const NEEDED = 'a project or group access token with the scope api and the role Developer or Maintainer';
const SET = `GITLAB_TOKEN is to have ${NEEDED}; GITLAB_HOST names its host where that is not gitlab.com`;

/** What an attempt ends with, as people see it. */
async function failureOf(attempt: Promise<unknown>): Promise<readonly (string | undefined)[]> {
  const error: unknown = await attempt.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ForkwrightError)) throw new Error('it did not fail as it should', { cause: error });
  const text = JSON.stringify([error.code, error.message, error.place, error.hint, error.cause, error.stack]);
  expect(text).not.toContain(SECRET);
  return [error.code, error.message.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST'), error.hint];
}

async function openForge(isPublic = false): Promise<TestForge> {
  const forge = await openGitLabForge();
  forge.createProject({ path: 'releng/forks', files: FILES, isPublic });
  return forge;
}

function commit(client: GitLabClient): Promise<unknown> {
  const actions = [{ action: 'create', file_path: 'a', content: 'a' } as const];
  return client.commit({ branch: 'forkwright/copy', start: '0'.repeat(40), force: false, message: 'a', actions });
}

test('a token that is not valid', async () => {
  const forge = await openForge();
  const client = openClient(forge, 'releng/forks', { GITLAB_TOKEN: SECRET });
  expect(await failureOf(client.describe())).toEqual([
    'forge.denied',
    'HOST answered GET projects/releng%2Fforks with 401: 401 Unauthorized',
    'the token in GITLAB_TOKEN is not valid there: it may have expired',
  ]);
});

test('a token that may only read', async () => {
  const forge = await openForge();
  forge.addToken(SECRET, { scope: 'read_api' });
  const client = openClient(forge, 'releng/forks', { GITLAB_TOKEN: SECRET });
  expect(await failureOf(commit(client))).toEqual([
    'forge.denied',
    'HOST answered POST projects/1/repository/commits with 403: insufficient_scope, The request requires higher privileges than provided by the access token.',
    `GITLAB_TOKEN is to have ${NEEDED}`,
  ]);
});

test('a token of somebody who may not push', async () => {
  const forge = await openForge();
  forge.addToken(SECRET, { role: 'reporter' });
  const client = openClient(forge, 'releng/forks', { GITLAB_TOKEN: SECRET });
  expect((await failureOf(commit(client))).slice(0, 2)).toEqual([
    'forge.denied',
    'HOST answered POST projects/1/repository/commits with 403: 403 Forbidden',
  ]);
});

test('a project that a token may not see', async () => {
  const forge = await openForge();
  forge.addToken(SECRET, { role: 'none' });
  const client = openClient(forge, 'releng/forks', { GITLAB_TOKEN: SECRET });
  expect(await failureOf(client.describe())).toEqual([
    'forge.not-found',
    'HOST answered GET projects/releng%2Fforks with 404: 404 Project Not Found',
    `check the path releng/forks; GitLab also says so of what may not be seen: GITLAB_TOKEN is to have ${NEEDED}`,
  ]);
});

test('the token of a job does not commit, and is not even tried', async () => {
  const forge = await openForge(true);
  forge.addToken(SECRET, { scope: 'job' });
  const env = { GITLAB_TOKEN: '', CI_SERVER_URL: forge.url, CI_JOB_TOKEN: SECRET };
  const client = openClient(forge, 'releng/forks', env);
  expect(await failureOf(client.describe())).toEqual([
    'forge.denied',
    'HOST answered GET projects/releng%2Fforks with 401: 401 Unauthorized',
    `it was asked with CI_JOB_TOKEN, which may do little: ${SET}`,
  ]);
  expect(forge.writes()).toEqual([]);
});

test('without a token what is public can be looked at, and nothing is written', async () => {
  const forge = await openForge(true);
  const client = openClient(forge, 'releng/forks', { GITLAB_TOKEN: '' });
  expect(await client.listOpenRequests()).toEqual([]);
  expect(await failureOf(commit(client))).toEqual(['forge.no-token', 'there is no token for HOST', SET]);
  expect(forge.writes()).toEqual([]);
});

test('a branch that is protected', async () => {
  const forge = await openGitLabForge();
  const project = forge.createProject({
    path: 'releng/forks',
    files: FILES,
    protectedBranches: ['main', 'forkwright/copy'],
  });
  const client = openClient(forge, 'releng/forks');
  const actions = [{ action: 'create', file_path: 'a', content: 'a' } as const];
  const request = { branch: 'forkwright/copy', start: project.head('main'), force: false, message: 'a', actions };
  expect(await failureOf(client.commit(request))).toEqual([
    'forge.refused',
    'HOST answered POST projects/1/repository/commits with 400: You are not allowed to push into this branch',
    'the branch is protected: let the user of the token push to it',
  ]);
});

test('a branch that somebody made meanwhile is not overwritten', async () => {
  const forge = await openForge();
  const project = forge.createProject({ path: 'releng/other', files: FILES });
  const head = project.pushCommit('forkwright/copy', { 'README.md': 'mine\n' });
  const client = openClient(forge, 'releng/other');
  const actions = [{ action: 'create', file_path: 'a', content: 'a' } as const];
  const request = { branch: 'forkwright/copy', start: project.head('main'), force: false, message: 'a', actions };
  expect((await failureOf(client.commit(request)))[1]).toMatch(/A branch called 'forkwright\/copy' already exists/);
  expect(project.head('forkwright/copy')).toBe(head);
});

test('a merge request that is open already for a branch is given instead of a second one', async () => {
  const forge = await openGitLabForge();
  const project = forge.createProject({ path: 'releng/forks', files: FILES });
  project.pushCommit('forkwright/copy', { 'README.md': 'new\n' });
  const client = openClient(forge, 'releng/forks');
  const request = { branch: 'forkwright/copy', targetBranch: 'main', title: 'A', description: '', labels: [] };
  expect(await client.createRequest(request)).toMatchObject({ request: { iid: 1 }, isNew: true });
  expect(await client.createRequest({ ...request, title: 'B' })).toMatchObject({
    request: { iid: 1, title: 'A' },
    isNew: false,
  });
  expect(forge.writes().map(({ status }) => status)).toEqual([201, 409]);
});

/** A server of which nothing is known but that it answers; gives its client and what it was asked. */
async function openOdd(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  pauses: number[] = [],
): Promise<{ readonly client: GitLabClient; readonly asked: readonly IncomingMessage[]; readonly url: string }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const project = {
    kind: 'gitlab',
    apiUrl: `${url}/api/v4`,
    path: 'releng/forks',
    token: SECRET,
    tokenName: 'GITLAB_TOKEN',
  } as const;
  const sleep = async (ms: number): Promise<void> => void pauses.push(ms);
  const client = openGitLab(project, { fetch, pauses: { random: () => 0, sleep }, signal: SIGNAL });
  return { client, asked, url };
}

const PROJECT = JSON.stringify({ id: 5, path_with_namespace: 'releng/new', web_url: 'https://g/releng/new' });

test('a project that has moved is followed within its host, and the token with it', async () => {
  const { client, asked } = await openOdd((request, response) => {
    if (request.url?.endsWith('/5') === true) response.end(PROJECT);
    else response.writeHead(301, { location: '/api/v4/projects/5' }).end();
  });
  expect(await client.describe()).toMatchObject({ id: 5, path: 'releng/new' });
  expect(asked.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}`]);
});

test('no redirect takes the token to another host', async () => {
  const other = await openOdd((_request, response) => response.end(PROJECT));
  const { client } = await openOdd((_request, response) => {
    response.writeHead(302, { location: `${other.url}/users/sign_in?next=${SECRET}` }).end();
  });
  const [code, text] = await failureOf(client.describe());
  expect([code, text]).toEqual([
    'forge.refused',
    'HOST answered GET projects/releng%2Fforks with 302: it leads to http://HOST/users/sign_in',
  ]);
  expect(other.asked).toEqual([]);
});

test('what writes follows no redirect', async () => {
  const { client, asked } = await openOdd((request, response) => {
    if (request.method === 'GET') response.end(PROJECT);
    else response.writeHead(308, { location: '/api/v4/elsewhere' }).end();
  });
  expect((await failureOf(commit(client)))[0]).toBe('forge.refused');
  expect(asked.map(({ url }) => url)).toEqual([
    '/api/v4/projects/releng%2Fforks',
    '/api/v4/projects/5/repository/commits',
  ]);
});

test('a server that shows the token in its words', async () => {
  const { client } = await openOdd((_request, response) => {
    response.writeHead(400).end(JSON.stringify({ message: `bad token ${SECRET}\u001b[31m` }));
  });
  expect((await failureOf(client.describe()))[1]).toBe(
    String.raw`HOST answered GET projects/releng%2Fforks with 400: bad token ***\u001b[31m`,
  );
});

test.each([
  [{ message: { title: ['is too long'], base: ['is odd', 'is old'] } }, 'title is too long, base is odd, base is old'],
  [{ error: 'invalid_token', error_description: 'Token is expired.' }, 'invalid_token, Token is expired.'],
  [{ message: ['one', 'two'] }, 'one, two'],
  ['Retry later', 'Retry later'],
])('the words of %j', async (body, words) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const { client } = await openOdd((_request, response) => response.writeHead(422).end(text));
  expect((await failureOf(client.describe()))[1]).toBe(`HOST answered GET projects/releng%2Fforks with 422: ${words}`);
});

test.each([
  [200, '<html>Log in</html>'],
  [200, '{"id": "five"}'],
])('what is no GitLab: %d %s', async (status, body) => {
  const { client } = await openOdd((_request, response) => response.writeHead(status).end(body));
  expect(await failureOf(client.describe())).toEqual([
    'forge.bad-answer',
    'what answered GET projects/releng%2Fforks is not the API of GitLab',
    'check the address of the API and the proxy',
  ]);
});

test('a pause that is asked for is made, but not any pause', async () => {
  const pauses: number[] = [];
  const { client } = await openOdd((_request, response) => {
    if (pauses.length < 2) response.writeHead(429, { 'retry-after': '7' }).end('Retry later');
    else response.end(PROJECT);
  }, pauses);
  expect(await client.describe()).toMatchObject({ id: 5 });
  expect(pauses).toEqual([7000, 7000]);
  const long = await openOdd((_request, response) => response.writeHead(429, { 'retry-after': '600' }).end('Wait'));
  expect(await failureOf(long.client.describe())).toEqual([
    'forge.busy',
    'HOST answered GET projects/releng%2Fforks with 429: Wait and asks for a pause of 600 s',
    'try again later',
  ]);
});

test('a host that is not there', async () => {
  const { client } = await openOdd((request) => request.socket.destroy());
  const [code, text, hint] = await failureOf(client.describe());
  expect([code, text, hint]).toEqual([
    'forge.unreachable',
    'GET projects/releng%2Fforks: HOST cannot be reached (UND_ERR_SOCKET) 6 times',
    'check the address, the network and the proxy',
  ]);
});

test('the next page is asked from the same host, whatever its address says', async () => {
  const other = await openOdd((_request, response) => response.end('[]'));
  const { client, asked } = await openOdd((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    if (url.pathname.endsWith('forks')) response.end(PROJECT);
    else if (url.searchParams.get('page') === '2') response.end('[]');
    else response.writeHead(200, { link: `<${other.url}/api/v4/x?page=2>; rel="next"` }).end('[]');
  });
  expect(await client.listBranches('forkwright/')).toEqual([]);
  expect(asked.map(({ url }) => url).slice(1)).toEqual([
    '/api/v4/projects/5/repository/branches?per_page=100&search=%5Eforkwright%2F',
    '/api/v4/projects/5/repository/branches?per_page=100&search=%5Eforkwright%2F&page=2',
  ]);
  expect(other.asked).toEqual([]);
});
