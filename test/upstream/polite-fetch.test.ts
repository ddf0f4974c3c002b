import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createHostLimit } from '../../src/upstream/host-limit.ts';
import { createPoliteFetch, type PoliteDeps } from '../../src/upstream/polite-fetch.ts';
import { startServer } from '../support/file-server.ts';
import { failureOf } from '../support/obtain-deps.ts';

async function open(more: Partial<PoliteDeps> = {}) {
  const cacheFolder = await mkdtemp(join(tmpdir(), 'forkwright-polite-'));
  onTestFinished(() => rm(cacheFolder, { recursive: true }));
  const pausesMs: number[] = [];
  const fetch = createPoliteFetch({
    fetch: globalThis.fetch,
    cacheFolder,
    limit: createHostLimit(4),
    pauses: { random: () => 1, sleep: async (ms) => void pausesMs.push(ms) },
    signal: new AbortController().signal,
    nowMs: () => 0,
    timeoutMs: 5000,
    ...more,
  });
  return { fetch, cacheFolder, pausesMs };
}

test('no more than four requests go to a host at a time', async () => {
  let [running, most] = [0, 0];
  const waiting: (() => void)[] = [];
  const server = createServer((_, response) => {
    running++;
    most = Math.max(most, running);
    waiting.push(() => {
      running--;
      response.end('done');
    });
    // What comes now has come because something may: the fifth would be there with the fourth.
    if (waiting.length === 4 || running < 4) setTimeout(() => waiting.splice(0).forEach((end) => end()), 50);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { fetch } = await open();
  const urls = Array.from({ length: 12 }, (_, index) => `http://127.0.0.1:${port}/${index}`);
  await Promise.all(urls.map((url) => fetch(url)));
  expect(most).toBe(4);
});

test('a 304 becomes what was kept, with the headers that matter; tokens are not written down', async () => {
  const server = await startServer(({ headers }) =>
    headers['if-none-match'] === '"one"'
      ? { status: 304, headers: { etag: '"one"' } }
      : {
          headers: { etag: '"one"', link: '<x>; rel="next"', 'content-type': 'application/json', 'set-cookie': 'a=b' },
          body: '{}',
        },
  );
  const { fetch, cacheFolder } = await open();
  const init = { headers: { authorization: 'token s3cret' } };
  for (const _ of [1, 2]) {
    const response = await fetch(server.url, init);
    expect([response.status, response.headers.get('link'), await response.text()]).toEqual([
      200,
      '<x>; rel="next"',
      '{}',
    ]);
  }
  const files = (await readdir(cacheFolder, { recursive: true })).filter((name) => name.endsWith('.json'));
  expect(files).toHaveLength(1);
  const kept = await readFile(join(cacheFolder, files[0]!), 'utf8');
  expect(kept).not.toMatch(/s3cret|set-cookie/);
});

test('Retry-After is kept to where it is short', async () => {
  const server = await startServer((_, count) =>
    count === 0 ? { status: 429, headers: { 'retry-after': '7' } } : { body: 'done' },
  );
  const { fetch, pausesMs } = await open();
  expect(await (await fetch(server.url)).text()).toBe('done');
  expect(pausesMs).toEqual([7000]);
});

test('a host that does not answer in time is asked once in a run', async () => {
  const server = await startServer(() => ({ hangsAfterBytes: 0, body: '{}' }));
  const { fetch } = await open({ timeoutMs: 100 });
  const { host } = new URL(server.url);
  const expected = { code: 'upstream.no-answer', message: `${host} did not answer within 0.1 s` };
  expect(await failureOf(fetch(`${server.url}/a`))).toMatchObject(expected);
  expect(await failureOf(fetch(`${server.url}/b`))).toMatchObject(expected);
  expect(server.requests).toHaveLength(1);
});

test('an answer that is far too long is not read to its end', async () => {
  const server = await startServer(() => ({ body: Buffer.alloc(17 * 1024 * 1024, 32) }));
  const { fetch } = await open();
  expect(await failureOf(fetch(server.url))).toMatchObject({ code: 'upstream.bad-answer' });
});

test('an interruption is one', async () => {
  const server = await startServer(() => ({ hangsAfterBytes: 0, body: '{}' }));
  const controller = new AbortController();
  const { fetch } = await open({ signal: controller.signal });
  const running = fetch(server.url);
  setTimeout(() => controller.abort(new Error('enough')), 20);
  await expect(running).rejects.toThrow('enough');
});
