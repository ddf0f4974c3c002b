import { createHash, randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ForkwrightError } from '../../src/errors.ts';
import type { ContentHash } from '../../src/prebuilt/content-hash.ts';
import { download, type DownloadOptions } from '../../src/prebuilt/download.ts';
import { makeFolder } from '../support/archives.ts';
import { startServer, type Reply, type SeenRequest } from '../support/file-server.ts';
import { failureOf, makeDeps, sha256Of } from '../support/obtain-deps.ts';

const BODY = randomBytes(300_000);
const HASH: ContentHash = { algorithm: 'sha256', hex: sha256Of(BODY) };

async function prepare(answer: (request: SeenRequest, count: number) => Reply) {
  const server = await startServer(answer);
  const root = await makeFolder();
  const { deps, journal } = makeDeps(root);
  const fetchIt = (more: Partial<DownloadOptions> = {}, headers = {}, path = '/tool?secret=1') =>
    download({ label: 'tool', locate: async () => ({ url: `${server.url}${path}`, headers }) }, HASH, {
      ...deps,
      ...more,
    });
  return { server, deps, journal, fetchIt, blob: join(deps.cacheFolder, 'blobs/sha256', HASH.hex) };
}

async function partials(cacheFolder: string): Promise<readonly string[]> {
  return readdir(join(cacheFolder, 'partial'));
}

/** The name that a process which is gone gave its unfinished file. */
async function leavePartial(cacheFolder: string, bytes: Uint8Array): Promise<void> {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 12);
  await mkdir(join(cacheFolder, 'partial'), { recursive: true });
  await writeFile(join(cacheFolder, 'partial', `sha256-${HASH.hex}.${host}.${pid}.left`), bytes);
}

test('a file is downloaded once, and kept under its hash', async () => {
  const { server, deps, journal, fetchIt, blob } = await prepare(() => ({ body: BODY }));
  expect(await fetchIt()).toBe(blob);
  expect(await fetchIt()).toBe(blob);
  expect((await readFile(blob)).equals(BODY)).toBe(true);
  expect(server.requests.map(({ path }) => path)).toEqual(['/tool?secret=1']);
  expect(journal).toEqual({ notes: [], tasks: ['downloading tool: 293.0 KiB'], pausesMs: [] });
  expect(await partials(deps.cacheFolder)).toEqual([]);
});

test('a file in the cache that is damaged is downloaded anew, with a note', async () => {
  const { server, journal, fetchIt, blob } = await prepare(() => ({ body: BODY }));
  await fetchIt();
  await writeFile(blob, BODY.subarray(1));
  await fetchIt();
  expect((await readFile(blob)).equals(BODY)).toBe(true);
  expect(server.requests).toHaveLength(2);
  expect(journal.notes).toEqual(['tool: the file in the cache is damaged and is downloaded anew']);
});

test('a download that breaks off goes on where it ended', async () => {
  const { server, journal, fetchIt, blob } = await prepare((_, count) => ({
    body: BODY,
    ...(count === 0 ? { cutAfterBytes: 100_000 } : {}),
  }));
  await fetchIt();
  expect((await readFile(blob)).equals(BODY)).toBe(true);
  expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=100000-']);
  expect(journal.pausesMs).toEqual([500]);
});

test('a server that ignores the range sends the whole file again', async () => {
  const { server, fetchIt, blob } = await prepare((_, count) => ({
    body: BODY,
    ignoresRange: true,
    ...(count === 0 ? { cutAfterBytes: 100_000 } : {}),
  }));
  await fetchIt();
  expect((await readFile(blob)).equals(BODY)).toBe(true);
  expect(server.requests).toHaveLength(2);
});

test.each([
  ['says 416', { status: 416 }],
  ['sends another range', { status: 206, headers: { 'content-range': 'bytes 5-9/300000' }, body: 'wrong' }],
])('where a server that is asked for the rest %s, the download starts anew', async (_, odd) => {
  const { server, deps, fetchIt, blob } = await prepare((request) =>
    request.headers.range === undefined ? { body: BODY } : odd,
  );
  await leavePartial(deps.cacheFolder, BODY.subarray(0, 1000));
  await fetchIt();
  expect((await readFile(blob)).equals(BODY)).toBe(true);
  expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=1000-', undefined]);
});

test('what a process that is gone has left is gone on with', async () => {
  const { server, deps, fetchIt, blob } = await prepare(() => ({ body: BODY }));
  await leavePartial(deps.cacheFolder, BODY.subarray(0, 200_000));
  await fetchIt();
  expect((await readFile(blob)).equals(BODY)).toBe(true);
  expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=200000-']);
  expect(await partials(deps.cacheFolder)).toEqual([]);
});

test('what was left whole is not asked for again', async () => {
  const { server, deps, fetchIt, blob } = await prepare(() => ({ body: BODY }));
  await leavePartial(deps.cacheFolder, BODY);
  await fetchIt();
  expect((await readFile(blob)).equals(BODY)).toBe(true);
  expect(server.requests).toEqual([]);
});

test('parts of two different files are not put together: the download starts anew', async () => {
  const { server, deps, fetchIt, blob } = await prepare(() => ({ body: BODY }));
  await leavePartial(deps.cacheFolder, randomBytes(1000));
  await fetchIt();
  expect((await readFile(blob)).equals(BODY)).toBe(true);
  expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=1000-', undefined]);
});

test('a server that lies is not asked again, and nothing of it is kept', async () => {
  const { server, deps, journal, fetchIt } = await prepare(() => ({ body: 'something else' }));
  const error = await failureOf(fetchIt());
  expect(error).toMatchObject({
    code: 'prebuilt.integrity-mismatch',
    message: `tool: the file has the hash sha256:${sha256Of('something else')}, the recipe wants sha256:${HASH.hex}`,
    place: `${server.url}/tool`,
    hint: 'find out who changed it before the recipe is changed',
  });
  expect(server.requests).toHaveLength(1);
  expect(await partials(deps.cacheFolder)).toEqual([]);
  expect(await readdir(join(deps.cacheFolder, 'blobs/sha256'))).toEqual([]);
  expect(journal.tasks).toEqual(['downloading tool: not downloaded']);
});

test('what may pass is tried six times, with pauses that grow', async () => {
  const { server, journal, fetchIt } = await prepare(() => ({ status: 503 }));
  expect(await failureOf(fetchIt())).toMatchObject({
    code: 'download.failed',
    message: 'tool: the server answered 503 Service Unavailable 6 times',
    place: `${server.url}/tool`,
    hint: 'check the network and the proxy, or try again later; what has arrived is kept',
  });
  expect(journal.pausesMs).toEqual([500, 1000, 2000, 4000, 8000]);
  expect(server.requests).toHaveLength(6);
});

const DATE = 'Sat, 21 Nov 2026 10:00:00 GMT';
test.each([
  ['seconds', { 'retry-after': '7' }, 7000],
  ['a date', { 'retry-after': 'Sat, 21 Nov 2026 10:00:09 GMT', date: DATE }, 9000],
  ['a date that has passed', { 'retry-after': 'Sat, 21 Nov 2026 09:00:00 GMT', date: DATE }, 500],
  ['nonsense', { 'retry-after': 'soon' }, 500],
])('Retry-After is honoured: %s', async (_, headers, pauseMs) => {
  const { journal, fetchIt } = await prepare((__, count) => (count === 0 ? { status: 429, headers } : { body: BODY }));
  await fetchIt();
  expect(journal.pausesMs).toEqual([pauseMs]);
});

test('a server that asks for a long pause is not waited for', async () => {
  const { server, journal, fetchIt } = await prepare(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
  const error = await failureOf(fetchIt());
  expect(error.message).toBe('tool: the server answered 429 Too Many Requests and asks for a pause of 3600 s');
  expect(server.requests).toHaveLength(1);
  expect(journal.pausesMs).toEqual([]);
});

test.each([
  [404, 'download.not-found', '404 Not Found', 'check name and version in the recipe'],
  [401, 'download.refused', '401 Unauthorized', 'check the credentials for this host'],
  [403, 'download.refused', '403 Forbidden', 'check the credentials for this host'],
])('%i is not tried again', async (status, code, text, hint) => {
  const { server, fetchIt } = await prepare(() => ({ status, body: 'go away' }));
  expect(await failureOf(fetchIt())).toMatchObject({ code, message: `tool: the server answered ${text}`, hint });
  expect(server.requests).toHaveLength(1);
});

test('a redirect is followed; credentials stay with the first origin, the range does not', async () => {
  const storage = await startServer(() => ({ body: BODY }));
  const { server, deps, fetchIt, blob } = await prepare(() => ({
    status: 302,
    headers: { location: `${storage.url}/signed?key=secret` },
  }));
  await leavePartial(deps.cacheFolder, BODY.subarray(0, 10));
  await fetchIt({}, { authorization: 'Bearer token' });
  expect((await readFile(blob)).equals(BODY)).toBe(true);
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer token']);
  expect(storage.requests.map(({ headers }) => [headers.authorization, headers.range])).toEqual([
    [undefined, 'bytes=10-'],
  ]);
});

test('a connection that is silent too long is cut, and the download goes on', async () => {
  const { deps, fetchIt, blob } = await prepare((_, count) => ({
    body: BODY,
    ...(count === 0 ? { hangsAfterBytes: 1000 } : {}),
  }));
  await fetchIt({ pauses: { ...deps.pauses, idleMs: 100 } });
  expect((await readFile(blob)).equals(BODY)).toBe(true);
});

test('an interruption ends a download midway, and leaves nothing under the final name', async () => {
  const controller = new AbortController();
  const { deps, fetchIt, blob } = await prepare(() => ({ body: BODY, hangsAfterBytes: 1000 }));
  const task = {
    startAt: () => undefined,
    advance: () => controller.abort(),
    step: () => undefined,
    done: () => undefined,
    fail: () => undefined,
  };
  const running = fetchIt({ signal: controller.signal, progress: { ...deps.progress, task: () => task } });
  await expect(running).rejects.toThrow('This operation was aborted');
  await expect(stat(blob)).rejects.toThrow('ENOENT');
  expect(await partials(deps.cacheFolder)).toHaveLength(1);
});

test('two downloads of the same file at once do not hurt each other', async () => {
  const { deps, fetchIt, blob } = await prepare(() => ({ body: BODY }));
  expect(await Promise.all([fetchIt(), fetchIt(), fetchIt()])).toEqual([blob, blob, blob]);
  expect((await readFile(blob)).equals(BODY)).toBe(true);
  expect(await partials(deps.cacheFolder)).toEqual([]);
});

test('a server that is not there', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  const { deps } = makeDeps(await makeFolder());
  const locate = async () => ({ url: `http://127.0.0.1:${port}/tool`, headers: {} });
  const error = await failureOf(download({ label: 'tool', locate }, HASH, deps));
  expect(error).toMatchObject({ code: 'download.failed', message: 'tool: no answer 6 times' });
  expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
});

test('where it cannot be found out where a file is, the error says of which', async () => {
  const { deps, journal } = makeDeps(await makeFolder());
  const locate = () =>
    Promise.reject(new ForkwrightError('npm.config', 'no registry', { place: '.npmrc', hint: 'set one' }));
  expect(await failureOf(download({ label: '@a/b@1.0.0', locate }, HASH, deps))).toMatchObject({
    code: 'npm.config',
    message: '@a/b@1.0.0: no registry',
    place: '.npmrc',
    hint: 'set one',
  });
  expect(journal.tasks).toEqual(['downloading @a/b@1.0.0: not downloaded']);
});

test('a cache that cannot be written to', async () => {
  const { deps, fetchIt } = await prepare(() => ({ body: BODY }));
  const cacheFolder = join(deps.root, 'a-file');
  await writeFile(cacheFolder, '');
  expect(await failureOf(fetchIt({ cacheFolder }))).toMatchObject({
    code: 'cache.write-failed',
    message: 'tool: the cache cannot be used',
    place: cacheFolder,
    hint: 'set FORKWRIGHT_CACHE to another folder',
  });
});
