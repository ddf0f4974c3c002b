import { expect, test } from 'vitest';
import { findReleaseAsset } from '../../src/upstream/github-release.ts';
import { startServer, type Reply } from '../support/file-server.ts';
import { failureOf } from '../support/obtain-deps.ts';

const WANTED = { repository: 'tools/tool', tag: 'v1.0+x', asset: 'tool_linux_arm64.tar.gz' };
const RELEASE = '/repos/tools/tool/releases/tags/v1.0%2Bx';

/** The fields that GitHub's description of its API requires of a release, as far as they say anything. */
function makeRelease(api: string, names: readonly string[]) {
  return {
    url: `${api}/repos/tools/tool/releases/1`,
    assets_url: `${api}/repos/tools/tool/releases/1/assets`,
    html_url: 'https://github.com/tools/tool/releases/v1.0+x',
    id: 1,
    node_id: 'MDc6UmVsZWFzZTE=',
    tag_name: 'v1.0+x',
    target_commitish: 'master',
    name: 'v1.0',
    draft: false,
    prerelease: false,
    created_at: '2026-02-27T19:35:32Z',
    published_at: '2026-02-27T19:35:32Z',
    assets: names.map((name, index) => ({
      url: `${api}/repos/tools/tool/releases/assets/${index}`,
      browser_download_url: `https://github.com/tools/tool/releases/download/v1.0+x/${name}`,
      id: index,
      node_id: 'MDEyOlJlbGVhc2VBc3NldDE=',
      name,
      label: null,
      state: 'uploaded',
      content_type: 'application/gzip',
      size: 1024,
      digest: null,
      download_count: 42,
      created_at: '2026-02-27T19:35:32Z',
      updated_at: '2026-02-27T19:35:32Z',
      uploader: null,
    })),
  };
}

async function startApi(names: readonly string[], reply: Reply | null = null) {
  let url = '';
  const server = await startServer(
    () => reply ?? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(makeRelease(url, names)) },
  );
  ({ url } = server);
  const find = (env: Readonly<Record<string, string>> = {}, signal = new AbortController().signal) =>
    findReleaseAsset(WANTED, { env: { GITHUB_API_URL: `${url}/`, ...env }, fetch: globalThis.fetch, signal });
  return { server, find };
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const NAMES = ['tool_linux_amd64.tar.gz', WANTED.asset, 'checksums.txt'];

test('without a token the public address is taken', async () => {
  const { server, find } = await startApi(NAMES);
  expect(await find({ GITHUB_TOKEN: '', GH_TOKEN: '' })).toEqual({
    url: `https://github.com/tools/tool/releases/download/v1.0+x/${WANTED.asset}`,
    headers: {},
  });
  expect(server.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([[RELEASE, undefined]]);
});

test.each([{ GITHUB_TOKEN: 's3cret' }, { GITHUB_TOKEN: '', GH_TOKEN: 's3cret' }])(
  'with a token the API has it, which sends private assets too: %o',
  async (env) => {
    const { server, find } = await startApi(NAMES);
    expect(await find(env)).toEqual({
      url: `${server.url}/repos/tools/tool/releases/assets/1`,
      headers: { accept: 'application/octet-stream', authorization: 'Bearer s3cret' },
    });
    expect(server.requests[0]?.headers.authorization).toBe('token s3cret');
  },
);

test('an answer that names another host gets no token', async () => {
  const body = JSON.stringify(makeRelease('https://evil.example.org', NAMES));
  const { server, find } = await startApi([], { headers: JSON_TYPE, body });
  expect(await failureOf(find({ GITHUB_TOKEN: 's3cret' }))).toMatchObject({
    code: 'github.refused',
    message:
      'GitHub says that the asset is at https://evil.example.org/repos/tools/tool/releases/assets/1, where the token may not go',
    hint: `check GITHUB_API_URL: it is ${server.url}`,
  });
});

test('an asset that is not there: the nearest one is named', async () => {
  const { find } = await startApi(['tool_linux_arm.tar.gz', 'checksums.txt']);
  expect(await failureOf(find())).toMatchObject({
    code: 'github.no-asset',
    message: 'the release has no asset "tool_linux_arm64.tar.gz"',
    place: 'tools/tool v1.0+x',
    hint: 'did you mean tool_linux_arm.tar.gz?',
  });
});

const NOT_FOUND = { status: 404, headers: JSON_TYPE, body: '{"message":"Not Found"}' };
test.each([
  [{}, 'check repository and tag; a private one needs GITHUB_TOKEN'],
  [{ GITHUB_TOKEN: 's3cret' }, 'check repository and tag, and what the token may read'],
])('a release that is not there, with %o', async (env, hint) => {
  const { find } = await startApi([], NOT_FOUND);
  expect(await failureOf(find(env))).toMatchObject({
    code: 'github.not-found',
    message: 'GitHub has no such release',
    hint,
  });
});

test.each([403, 429, 502])('without a token an API that answers %i is no obstacle', async (status) => {
  const { server, find } = await startApi([], {
    status,
    headers: JSON_TYPE,
    body: '{"message":"rate limit exceeded"}',
  });
  expect(await find()).toEqual({
    url: `${server.url}/tools/tool/releases/download/v1.0%2Bx/${WANTED.asset}`,
    headers: {},
  });
});

test.each([
  [401, 'the token in GITHUB_TOKEN is not valid there'],
  [403, 'try again later'],
])('with a token, %i is an error that does not tell the token', async (status, hint) => {
  const { find } = await startApi([], { status, headers: JSON_TYPE, body: '{"message":"Bad credentials"}' });
  const error = await failureOf(find({ GITHUB_TOKEN: 's3cret' }));
  expect(error).toMatchObject({
    code: 'github.refused',
    message: 'GitHub did not answer as hoped: Bad credentials',
    place: 'tools/tool v1.0+x',
    hint,
  });
  expect(JSON.stringify(error)).not.toContain('s3cret');
});

test('a GITHUB_API_URL that is none', async () => {
  const { find } = await startApi([]);
  expect(await failureOf(find({ GITHUB_API_URL: 'github' }))).toMatchObject({
    code: 'github.refused',
    message: 'GITHUB_API_URL is "github", which is not a URL',
  });
});

test.each([
  ['a page', { headers: { 'content-type': 'text/html' }, body: '<p>Please log in</p>' }],
  ['a release without assets', { headers: JSON_TYPE, body: '{"tag_name":"v1.0+x"}' }],
])('%s is no answer of GitHub', async (_, reply) => {
  const { server, find } = await startApi([], reply);
  expect(await failureOf(find())).toMatchObject({
    code: 'github.refused',
    message: 'what answered is not the API of GitHub',
    hint: `check GITHUB_API_URL and the proxy: ${server.url} was asked`,
  });
});

test('an interruption is one', async () => {
  const { find } = await startApi([], { hangsAfterBytes: 0, body: '{}' });
  const controller = new AbortController();
  const running = find({}, controller.signal);
  setTimeout(() => controller.abort(new Error('enough')), 20);
  await expect(running).rejects.toThrow('enough');
});
