import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTarStream } from '../../src/tar/read-stream.ts';
import { END_OF_ARCHIVE } from '../../src/tar/write-header.ts';
import { chunksOf, encodeEntry, file, folder, link, tarOf } from '../support/archives.ts';

const TAR = tarOf([folder('a/'), file('a/b', 'x'.repeat(1500)), link('symlink', 'c', 'a/b'), file('d', 'end')]);

async function readAll(bytes: Uint8Array, chunkBytes: number, faults?: string[]) {
  const found: [string, string][] = [];
  const report = faults === undefined ? undefined : (fault: Error & { code: string }) => faults.push(fault.code);
  for await (const { header, body } of readTarStream(chunksOf(bytes, chunkBytes), report)) {
    const pieces = [];
    for await (const chunk of body) pieces.push(Buffer.from(chunk));
    found.push([header.name, Buffer.concat(pieces).toString()]);
  }
  return found;
}

test.each([1, 7, 511, 512, 513, 4096, Infinity])('in chunks of %d bytes', async (chunkBytes) => {
  expect(await readAll(TAR, chunkBytes)).toEqual([
    ['a/', ''],
    ['a/b', 'x'.repeat(1500)],
    ['c', ''],
    ['d', 'end'],
  ]);
});

test('bodies that nobody reads, or not to their end, are passed over', async () => {
  const starts: string[] = [];
  for await (const { header, body } of readTarStream(chunksOf(TAR, 100))) {
    if (header.name !== 'a/b') continue;
    for await (const chunk of body) {
      starts.push(Buffer.from(chunk).toString());
      break;
    }
  }
  expect(starts).toEqual(['x'.repeat(76)]);
});

test('the stream is read to its end, and closed when the reader stops', async () => {
  const seen = { bytes: 0, isClosed: false };
  async function* watched() {
    try {
      for await (const chunk of chunksOf(Buffer.concat([TAR, Buffer.alloc(9000)]), 1000)) {
        seen.bytes += chunk.length;
        yield chunk;
      }
    } finally {
      seen.isClosed = true;
    }
  }
  for await (const _ of readTarStream(watched()));
  expect(seen).toEqual({ bytes: TAR.length + 9000, isClosed: true });

  seen.isClosed = false;
  for await (const _ of readTarStream(watched())) break;
  expect(seen.isClosed).toBe(true);
});

test('a cut anywhere is noticed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(TAR.length - 1), async (length) => {
      await expect(readAll(TAR.subarray(0, length), 300)).rejects.toMatchObject({ code: 'tar.truncated' });
    }),
  );
});

test('a flipped bit anywhere but in the data is noticed', async () => {
  const data = [
    [1024, 2524],
    [3584, 3587],
  ] as const;
  await fc.assert(
    fc.asyncProperty(fc.nat(TAR.length - 1), fc.nat(7), async (position, bit) => {
      fc.pre(!data.some(([start, end]) => position >= start && position < end));
      const bytes = Buffer.from(TAR);
      bytes[position] = (bytes[position] ?? 0) ^ (1 << bit);
      await expect(readAll(bytes, 300)).rejects.toMatchObject({ code: expect.stringMatching(/^tar\./) });
    }),
    { numRuns: 300 },
  );
});

test('with someone to tell, it goes on behind faults that leave the rest certain', async () => {
  const padded = encodeEntry(file('a', 'x'));
  padded[1023] = 1;
  const faults: string[] = [];
  const bytes = Buffer.concat([padded, encodeEntry(file('b', 'y')), END_OF_ARCHIVE, Buffer.from('rest')]);
  expect(await readAll(bytes, 600, faults)).toEqual([
    ['a', 'x'],
    ['b', 'y'],
  ]);
  expect(faults).toEqual(['tar.nonzero-padding', 'tar.trailing-data']);

  const withoutEnd: string[] = [];
  expect(await readAll(padded.subarray(0, 1024), 600, withoutEnd)).toHaveLength(1);
  expect(withoutEnd).toEqual(['tar.nonzero-padding', 'tar.truncated']);
});

test('what the stream throws comes through', async () => {
  const reading = (async () => {
    for await (const _ of readTarStream(broken()));
  })();
  await expect(reading).rejects.toThrow('the line is down');
});

async function* broken(): AsyncGenerator<Uint8Array> {
  yield TAR.subarray(0, 700);
  throw new Error('the line is down');
}
