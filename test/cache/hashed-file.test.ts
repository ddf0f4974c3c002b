import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { asCacheError } from '../../src/cache/cache-error.ts';
import { keepHashedFile } from '../../src/cache/hashed-file.ts';
import { chunksOf, makeFolder, SIGNAL } from '../support/archives.ts';
import { collect, failureOf, sha256Of } from '../support/obtain-deps.ts';

const BYTES = Buffer.from('some bytes that were hard to make');

test('a file is made once, and named after its hash', async () => {
  const folder = join(await makeFolder(), 'a/b');
  let made = 0;
  const make = () => {
    made++;
    return chunksOf(BYTES, 5);
  };
  for (const round of [1, 2]) {
    const kept = await keepHashedFile(folder, make, SIGNAL);
    expect(kept, `round ${round}`).toMatchObject({ sha256: sha256Of(BYTES), sizeBytes: BYTES.length });
    expect(await collect(kept.bytes())).toEqual(BYTES);
    expect(await collect(kept.bytes())).toEqual(BYTES);
  }
  expect(made).toBe(1);
  expect(await readdir(folder)).toEqual([sha256Of(BYTES)]);
});

test('a file that is not what its name says is made anew', async () => {
  const folder = await makeFolder();
  await writeFile(join(folder, sha256Of(BYTES)), 'damaged');
  await writeFile(join(folder, 'f'.repeat(64)), 'something else');
  const kept = await keepHashedFile(folder, () => chunksOf(BYTES), SIGNAL);
  expect(await collect(kept.bytes())).toEqual(BYTES);
  expect(await readdir(folder)).toEqual([sha256Of(BYTES)]);
});

test('several at once make the same file', async () => {
  const folder = await makeFolder();
  const kept = await Promise.all([1, 2, 3].map(() => keepHashedFile(folder, () => chunksOf(BYTES, 3), SIGNAL)));
  for (const each of kept) expect(await collect(each.bytes())).toEqual(BYTES);
  expect(await readdir(folder)).toEqual([sha256Of(BYTES)]);
});

test('what cannot be made leaves nothing, and its error comes through, even a system error', async () => {
  const folder = await makeFolder();
  const fault = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' });
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield BYTES;
    throw fault;
  }
  await expect(keepHashedFile(folder, failing, SIGNAL)).rejects.toBe(fault);
  expect(await readdir(folder)).toEqual([]);
});

test('an interruption leaves nothing', async () => {
  const folder = await makeFolder();
  const controller = new AbortController();
  async function* interrupted(): AsyncGenerator<Uint8Array> {
    yield BYTES;
    controller.abort(new Error('enough'));
    yield BYTES;
  }
  await expect(keepHashedFile(folder, interrupted, controller.signal)).rejects.toThrow('enough');
  expect(await readdir(folder)).toEqual([]);
});

test('a folder that cannot be made', async () => {
  const root = await makeFolder();
  await writeFile(join(root, 'file'), '');
  expect(await failureOf(keepHashedFile(join(root, 'file/x'), () => chunksOf(BYTES), SIGNAL))).toMatchObject({
    code: 'cache.write-failed',
    message: 'the cache cannot be used',
    hint: 'set FORKWRIGHT_CACHE to another folder',
  });
});

test.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('%s says that there is no space left', (code) => {
  const cause = Object.assign(new Error(code), { code, syscall: 'write' });
  expect(asCacheError(cause, '/cache')).toMatchObject({
    code: 'cache.write-failed',
    message: 'there is no space left for the cache',
    place: '/cache',
    hint: 'free some, or set FORKWRIGHT_CACHE to another folder',
    cause,
  });
});
