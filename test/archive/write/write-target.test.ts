import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { OuterCompression } from '../../../src/archive/stream/compress.ts';
import { writeTarget } from '../../../src/archive/write/write-target.ts';
import { runProgram } from '../../../src/process/run-program.ts';
import { makeFolder, SIGNAL } from '../../support/archives.ts';
import { LACKING } from '../../support/has-program.ts';

const OPTIONS = { env: process.env, run: runProgram, signal: SIGNAL, zstdLevel: 3 };
const KINDS: readonly OuterCompression[] = ['none', 'gzip', 'zstd', 'xz'];
const PIECE = Buffer.alloc(300_000, 'piece of an archive ');

test.for(KINDS)(
  '%s: what fails while it is filled leaves the old file, and nothing else',
  async (compression, { skip }) => {
    skip(LACKING.has(compression), `there is no ${compression} on PATH`);
    const folder = await makeFolder();
    const path = join(folder, 'x.tar');
    await writeFile(path, 'old');
    const writing = writeTarget({ kind: 'file', path }, { ...OPTIONS, compression }, async (sink) => {
      for (let count = 0; count < 10; count++) await sink.append(PIECE);
      throw new Error('the reader failed');
    });
    await expect(writing).rejects.toThrow('the reader failed');
    expect(await readdir(folder)).toEqual(['x.tar']);
    expect(await readFile(path, 'utf8')).toBe('old');
  },
);

test.for(KINDS)('%s: what the stream refuses ends the writing', async (compression, { skip }) => {
  skip(LACKING.has(compression), `there is no ${compression} on PATH`);
  const write = () => Promise.reject(new Error('no reader'));
  const writing = writeTarget({ kind: 'stream', write }, { ...OPTIONS, compression }, async (sink) => {
    for (let count = 0; count < 20; count++) await sink.append(PIECE);
  });
  await expect(writing).rejects.toThrow('no reader');
});

test('an interruption ends the writing', async () => {
  const controller = new AbortController();
  const options = { ...OPTIONS, signal: controller.signal, compression: 'none' as const };
  const writing = writeTarget({ kind: 'stream', write: () => Promise.resolve() }, options, async (sink) => {
    await sink.append(PIECE);
    controller.abort(new Error('interrupted'));
    for (let count = 0; count < 10; count++) await sink.append(PIECE);
  });
  await expect(writing).rejects.toThrow('interrupted');
});

test('chunks may be used again when they were taken', async () => {
  const pieces: Buffer[] = [];
  const write = async (bytes: Uint8Array) => void pieces.push(Buffer.from(bytes));
  const chunk = Buffer.alloc(1_000_000);
  const options = { ...OPTIONS, compression: 'gzip' as const };
  const { contentBytes, sizeBytes } = await writeTarget({ kind: 'stream', write }, options, async (sink) => {
    for (let count = 0; count < 4; count++) {
      await sink.append(chunk.fill(count));
      chunk.fill(255);
    }
  });
  const unpacked = gunzipSync(Buffer.concat(pieces));
  expect([unpacked.length, contentBytes, sizeBytes]).toEqual([4_000_000, 4_000_000, Buffer.concat(pieces).length]);
  expect([0, 1, 2, 3].map((at) => unpacked[at * 1_000_000 + 500_000])).toEqual([0, 1, 2, 3]);
});

test('a folder is not replaced by a file', async () => {
  const folder = await makeFolder();
  await mkdir(join(folder, 'x'));
  const writing = writeTarget({ kind: 'file', path: join(folder, 'x') }, { ...OPTIONS, compression: 'none' }, () =>
    Promise.resolve(),
  );
  await expect(writing).rejects.toMatchObject({ code: 'archive.refuses-folder' });
});
