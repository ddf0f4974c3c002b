import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { ForkwrightError } from '../../../src/errors.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import type { BlobFetcher } from '../../../src/registry/pull/blob-fetcher.ts';
import type { Credentials, FindCredentials } from '../../../src/registry/access/credentials.ts';
import type { FetchAnswer } from '../../../src/registry/pull/fetch-messages.ts';
import { speakToFetcher } from '../../../src/registry/pull/fetch-thread.ts';
import { fetchBlobs } from '../../../src/registry/pull/pull-blobs.ts';
import { claimStaging, openFolderStaging } from '../../../src/registry/pull/pull-staging.ts';
import { takeFetchOrders } from '../../../src/registry/pull/take-fetch-orders.ts';
import { SIGNAL } from '../../support/archives.ts';
import { openRepositories } from '../../support/registry-client.ts';
import type { TestRegistry } from '../../support/registry/open-registry.ts';
import type { RegistryOptions } from '../../support/registry/options.ts';
import { seededBytes } from '../../support/registry/random.ts';
import { startRegistry } from '../../support/registry/registry.ts';

const MIB = 1024 * 1024;
const BYTES = seededBytes(1, 900_000);
const BLOB = { digest: digestOf(BYTES), sizeBytes: BYTES.length };
const NOBODY: FindCredentials = () => Promise.resolve(null);
const ANN: Credentials = {
  username: 'ann',
  secret: 'pass-of-ann',
  identityToken: null,
  registryToken: null,
  source: 'config.json',
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forkwright-fetch-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function start(options: RegistryOptions = {}): Promise<TestRegistry> {
  const registry = await startRegistry(options);
  registry.repository('zoo').blobs.set(BLOB.digest, BYTES);
  return registry;
}

/** Both ends are in this thread: what is sent is cloned as between two. */
function openFetcher(registry: TestRegistry, findCredentials = NOBODY, signal = SIGNAL) {
  const { port1, port2 } = new MessageChannel();
  takeFetchOrders(port2);
  let endThread: (error: Error) => void = () => undefined;
  const port = {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows; this is a port
    send: (order: object) => port1.postMessage(order),
    onAnswer: (listener: (answer: FetchAnswer) => void) => void port1.on('message', listener),
    onFault: (listener: (error: Error) => void) => void (endThread = listener),
    close: () => Promise.resolve(port1.close()),
  };
  const settings = { registry: registry.host, repository: 'zoo', env: {} };
  const fetcher: BlobFetcher = speakToFetcher(port, settings, findCredentials, signal);
  onTestFinished(() => fetcher.close());
  return { fetcher, endThread: (error: Error) => endThread(error) };
}

async function makeFile(bytes: Uint8Array = Buffer.alloc(0)): Promise<string> {
  const path = join(folder, 'file');
  await writeFile(path, bytes);
  return path;
}

test('a blob comes to its place, and it is told how far it is', async () => {
  const registry = await start();
  const path = await makeFile(Buffer.alloc(10, 'x'));
  const told: number[] = [];
  const { fetcher } = openFetcher(registry);
  const place = { path, offset: 7, heldBytes: 0 };
  expect(await fetcher.fetch(BLOB, place, (bytes) => told.push(bytes))).toBe(BLOB.digest);
  const written = await readFile(path);
  expect(written.subarray(0, 7).toString()).toBe('xxxxxxx');
  expect(written.subarray(7).equals(BYTES)).toBe(true);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(told.length).toBeGreaterThan(1);
  expect(told.at(-1)).toBe(BYTES.length);
});

test('what is there already is hashed, and not asked for', async () => {
  const registry = await start();
  const { fetcher } = openFetcher(registry);
  const path = await makeFile(BYTES.subarray(0, 600_000));
  expect(await fetcher.fetch(BLOB, { path, offset: 0, heldBytes: 600_000 }, () => undefined)).toBe(BLOB.digest);
  expect(registry.requests.at(-1)?.headers.range).toBe('bytes=600000-899999');
  const other = await makeFile(Buffer.concat([Buffer.alloc(1), BYTES.subarray(1, 600_000)]));
  const actual = await fetcher.fetch(BLOB, { path: other, offset: 0, heldBytes: 600_000 }, () => undefined);
  expect(actual).toBe(digestOf(Buffer.concat([Buffer.alloc(1), BYTES.subarray(1)])));
});

test('credentials come from the other side, when the registry wants them', async () => {
  const registry = await start({ auth: { kind: 'basic', user: ANN.username, password: ANN.secret } });
  const asked: string[] = [];
  const find: FindCredentials = (host) => {
    asked.push(host);
    return Promise.resolve(ANN);
  };
  const { fetcher } = openFetcher(registry, find);
  expect(asked).toEqual([]);
  const path = await makeFile();
  expect(await fetcher.fetch(BLOB, { path, offset: 0, heldBytes: 0 }, () => undefined)).toBe(BLOB.digest);
  expect(new Set(asked)).toEqual(new Set([registry.host]));
});

test('errors keep their code, place and hint on the way', async () => {
  const registry = await start({ auth: { kind: 'basic', user: ANN.username, password: ANN.secret } });
  const broken = new ForkwrightError('registry.credentials', 'no', { place: 'config.json', hint: 'mend it' });
  const { fetcher } = openFetcher(registry, () => Promise.reject(broken));
  const place = { path: await makeFile(), offset: 0, heldBytes: 0 };
  const failed = fetcher.fetch(BLOB, place, () => undefined);
  await expect(failed).rejects.toBeInstanceOf(ForkwrightError);
  await expect(failed).rejects.toMatchObject({ code: 'registry.credentials', place: 'config.json', hint: 'mend it' });
});

test("the system's error says what failed", async () => {
  const { fetcher } = openFetcher(await start());
  const place = { path: join(folder, 'nothing'), offset: 0, heldBytes: 0 };
  await expect(fetcher.fetch(BLOB, place, () => undefined)).rejects.toMatchObject({ code: 'ENOENT', syscall: 'open' });
});

test('whoever waits hears that the thread has ended, and that it is to end', async () => {
  const registry = await start();
  const place = { path: await makeFile(), offset: 0, heldBytes: 0 };
  const ended = openFetcher(registry);
  const waiting = ended.fetcher.fetch(BLOB, place, () => undefined);
  ended.endThread(new Error('out of memory'));
  await expect(waiting).rejects.toThrow('out of memory');
  await expect(ended.fetcher.fetch(BLOB, place, () => undefined)).rejects.toThrow('out of memory');
  const controller = new AbortController();
  const aborted = openFetcher(registry, NOBODY, controller.signal);
  const other = aborted.fetcher.fetch(BLOB, place, () => undefined);
  controller.abort(new Error('Ctrl-C'));
  await expect(other).rejects.toThrow('Ctrl-C');
});

test('a large pull is shared between here and the thread', async () => {
  const registry = await startRegistry();
  const contents = [1, 2, 3, 4, 5].map((seed) => seededBytes(seed, 14 * MIB));
  const blobs = contents.map((bytes) => ({ digest: digestOf(bytes), sizeBytes: bytes.length }));
  for (const bytes of contents) registry.repository('zoo').blobs.set(digestOf(bytes), bytes);
  const repository = openRepositories(registry)('zoo');
  const output = join(folder, 'out');
  const threaded: string[] = [];
  const startFetchThread = () => {
    const { fetcher } = openFetcher(registry);
    const fetch: BlobFetcher['fetch'] = (blob, ...others) => {
      threaded.push(blob.digest);
      return fetcher.fetch(blob, ...others);
    };
    return Promise.resolve({ fetch, close: fetcher.close });
  };
  let arrived = 0;
  const onBytes = (bytes: number) => void (arrived += bytes);
  const staged = await claimStaging(output);
  const options = { signal: SIGNAL, startFetchThread, onStart: () => undefined, onBytes };
  await fetchBlobs(repository, blobs, openFolderStaging(staged, true), options);
  for (const { digest } of blobs) {
    expect(digestOf(await readFile(join(staged, 'blobs', ...digest.split(':'))))).toBe(digest);
  }
  expect(arrived).toBe(5 * 14 * MIB);
  expect(threaded.length).toBeGreaterThan(0);
  expect(threaded.length).toBeLessThan(5);
});
