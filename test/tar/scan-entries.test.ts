import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ForkwrightError } from '../../src/errors.ts';
import { readTarStream } from '../../src/tar/read-stream.ts';
import { createEntryScanner } from '../../src/tar/scan-entries.ts';
import { chunksOf, file, folder, link, tarOf } from '../support/archives.ts';

const LONG = 'long/'.repeat(40);
const TAR = tarOf([
  folder('a/'),
  file('a/b', 'x'.repeat(1500)),
  link('symlink', 'c', 'a/b'),
  file(`${LONG}d`, 'end', { pax: new Map([['SCHILY.xattr.user.note', Buffer.from('kept')]]) }),
  file('empty'),
]);

/** What a reader makes of a tar: names, faults that it goes on after, and the one that it ends with. */
interface Reading {
  readonly names: readonly string[];
  readonly faults: readonly string[];
  readonly end: string;
}

const codeOf = ({ code }: ForkwrightError) => code;

async function readByStream(bytes: Uint8Array): Promise<Reading> {
  const names: string[] = [];
  const faults: string[] = [];
  try {
    for await (const { header } of readTarStream(chunksOf(bytes), (fault) => faults.push(codeOf(fault)))) {
      names.push(header.name);
    }
  } catch (error) {
    if (!(error instanceof ForkwrightError)) throw error;
    return { names, faults, end: error.code };
  }
  return { names, faults, end: 'whole' };
}

async function readByScanner(bytes: Uint8Array, chunkBytes: number): Promise<Reading> {
  const names: string[] = [];
  const faults: string[] = [];
  const scanner = createEntryScanner(
    ({ name }) => names.push(name),
    (fault) => faults.push(codeOf(fault)),
  );
  try {
    for await (const chunk of chunksOf(bytes, chunkBytes)) scanner.feed(chunk);
    scanner.finish();
  } catch (error) {
    if (!(error instanceof ForkwrightError)) throw error;
    return { names, faults, end: error.code };
  }
  return { names, faults, end: 'whole' };
}

test.each([1, 7, 511, 512, 513, 4096])('offsets of the data, in chunks of %d bytes', async (chunkBytes) => {
  const found: string[] = [];
  const scanner = createEntryScanner(
    ({ name, sizeBytes }, offset) => found.push(`${name} ${TAR.subarray(offset, offset + sizeBytes).toString()}`),
    (fault) => expect.unreachable(String(fault)),
  );
  for await (const chunk of chunksOf(TAR, chunkBytes)) scanner.feed(chunk);
  scanner.finish();
  expect(found).toEqual(['a/ ', `a/b ${'x'.repeat(1500)}`, 'c ', `${LONG}d end`, 'empty ']);
});

test('a tar that is cut or changed is the same to both readers, however it comes in chunks', async () => {
  const change = fc.record({ position: fc.nat(TAR.length - 1), byte: fc.nat(255), isCut: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(change, fc.integer({ min: 1, max: 3000 }), async ({ position, byte, isCut }, chunkBytes) => {
      const bytes = Buffer.from(TAR);
      bytes[position] = byte;
      const input = isCut ? TAR.subarray(0, position) : bytes;
      expect(sorted(await readByScanner(input, chunkBytes))).toEqual(sorted(await readByStream(input)));
    }),
    { numRuns: 400 },
  );
});

/** Of two faults at the end, one reader tells this one first and the other that one. */
function sorted({ names, faults, end }: Reading): Reading {
  return { names, faults: faults.toSorted(), end };
}

test('a tar without its last padding and end mark has all of its data', async () => {
  const bytes = TAR.subarray(0, TAR.length - 1024 - 512 - 509);
  const expected = { names: ['a/', 'a/b', 'c', `${LONG}d`], faults: ['tar.truncated'], end: 'whole' };
  expect(await readByScanner(bytes, 100)).toEqual(expected);
  expect(await readByStream(bytes)).toEqual(expected);
});
