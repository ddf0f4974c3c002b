import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLayerStore } from '../../../src/archive/layers/layer-store.ts';

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'forkwright-store-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function read(chunks: AsyncIterable<Uint8Array> | undefined): Promise<string | null> {
  if (chunks === undefined) return null;
  const pieces = [];
  for await (const chunk of chunks) pieces.push(Buffer.from(chunk));
  return Buffer.concat(pieces).toString();
}

test('layers that come in turns are each whole, as often as they are asked for', async () => {
  const folder = await makeFolder();
  const store = openLayerStore({ FORKWRIGHT_TMPDIR: folder });
  const [low, high] = [store.add(0), store.add(3)];
  const chunk = Buffer.alloc(2);
  for (const text of ['ab', 'cd', 'ef']) {
    chunk.write(text);
    await low.append(chunk);
    await high.append(chunk.fill('-'));
  }
  await low.append(Buffer.from('gh'));
  low.end();
  high.end();
  for (let round = 0; round < 2; round++) {
    expect(await read(store.chunks(0))).toBe('abcdefgh');
    expect(await read(store.chunks(3))).toBe('------');
  }
  expect(store.chunks(1)).toBeUndefined();
  // The file has no name, so nothing can be left behind.
  expect(await readdir(folder)).toEqual([]);
  await store.close();
});

test('a layer without bytes, and one that was not read to its end', async () => {
  const store = openLayerStore({ FORKWRIGHT_TMPDIR: await makeFolder() });
  store.add(0).end();
  await store.add(1).append(Buffer.from('cut'));
  expect(await read(store.chunks(0))).toBe('');
  expect(store.chunks(1)).toBeUndefined();
  await store.close();
});

test('without a place to keep anything, nothing is kept, and that is no fault', async () => {
  const store = openLayerStore({ FORKWRIGHT_TMPDIR: join(await makeFolder(), 'not-there') });
  const layer = store.add(0);
  await layer.append(Buffer.from('a'));
  layer.end();
  expect(store.chunks(0)).toBeUndefined();
  await store.close();
});
