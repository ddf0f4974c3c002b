import { execFileSync } from 'node:child_process';
import { mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { indexTar, type TarIndex } from '../../src/tar/index-tar.ts';
import { sumBytes } from '../../src/tar/header.ts';
import { encodePax } from '../../src/tar/pax.ts';
import { END_OF_ARCHIVE } from '../../src/tar/write-header.ts';
import { encodeEntry, file, folder, link, makeFile, makeFolder, tarOf } from '../support/archives.ts';

const hasGnuTar = /GNU/.test(tryTar(['--version']));

async function index(bytes: Uint8Array): Promise<TarIndex> {
  const handle = await open(await makeFile(bytes));
  try {
    return await indexTar(handle, bytes.length);
  } finally {
    await handle.close();
  }
}

const faultsOf = ({ faults }: TarIndex) => faults.map(({ code, place, message }) => `${place}: ${code}: ${message}`);

/** A header whose fields are changed and whose checksum is right again. */
function patchHeader(block: Buffer, change: (block: Buffer) => void): Buffer {
  const patched = Buffer.from(block);
  change(patched);
  patched.write(`${sumBytes(patched).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return patched;
}

/** An extension header with its data. */
function extension(typeFlag: string, data: Uint8Array | string): Buffer {
  const entry = encodeEntry(file('extension', data));
  return Buffer.concat([
    patchHeader(entry.subarray(0, 512), (block) => block.write(typeFlag, 156)),
    entry.subarray(512),
  ]);
}

const pax = (records: Record<string, string>) =>
  encodePax(new Map(Object.entries(records).map(([key, value]) => [key, Buffer.from(value)])));

/** As tars of old summed: bytes from 0x80 on are negative. */
function sumSigned(block: Buffer): number {
  const high = block.filter((byte, index) => byte >= 0x80 && (index < 148 || index >= 156)).length;
  return sumBytes(block) - 256 * high;
}

test('every type of entry, with the places of the data', async () => {
  const { entries, faults } = await index(
    tarOf([
      folder('a/'),
      file('a/b', 'hello', { mode: 0o4755, uid: 1, gid: 2, mtime: 3, userName: 'u', groupName: 'g' }),
      link('symlink', 'a/c', 'b'),
      link('hardlink', 'd', 'a/b'),
      { name: 'e', type: 'character-device', mode: 0o600, devMajor: 5, devMinor: 1 },
      { name: 'f', type: 'fifo', mode: 0o600 },
    ]),
  );
  expect(faults).toEqual([]);
  expect(
    entries.map(({ name, type, linkName, sizeBytes, dataOffset }) => [name, type, linkName, sizeBytes, dataOffset]),
  ).toEqual([
    ['a/', 'directory', '', 0, 512],
    ['a/b', 'file', '', 5, 1024],
    ['a/c', 'symlink', 'b', 0, 2048],
    ['d', 'hardlink', 'a/b', 0, 2560],
    ['e', 'character-device', '', 0, 3072],
    ['f', 'fifo', '', 0, 3584],
  ]);
  expect(entries[1]).toMatchObject({ mode: 0o4755, uid: 1, gid: 2, mtime: 3, userName: 'u', groupName: 'g' });
  expect(entries[4]).toMatchObject({ devMajor: 5, devMinor: 1 });
});

test('PAX records override, and a size never reaches an extension header in between', async () => {
  const big = encodeEntry(file('short', Buffer.alloc(600)));
  const { entries, faults } = await index(
    Buffer.concat([
      extension(
        'x',
        pax({
          size: '600',
          path: 'päx/path',
          linkpath: 'l',
          uid: '3000000',
          mtime: '1.75',
          'SCHILY.xattr.user.a': 'b',
        }),
      ),
      extension('K', 'l\0'),
      patchHeader(big.subarray(0, 512), (block) => block.write('00000000000', 124)),
      big.subarray(512),
      END_OF_ARCHIVE,
    ]),
  );
  expect(faults).toEqual([]);
  expect(entries[0]).toMatchObject({ name: 'päx/path', sizeBytes: 600, linkName: 'l', uid: 3_000_000, mtime: 1 });
  expect(entries[0]?.pax.get('SCHILY.xattr.user.a')).toEqual(Buffer.from('b'));
});

test('headers of before 1988, and sums over signed bytes', async () => {
  const old = (name: string) =>
    patchHeader(encodeEntry(file(name)), (block) => block.fill(0, 257, 512).fill(0, 156, 157));
  const signed = patchHeader(encodeEntry(file('é'.repeat(3))).subarray(-512), (block) =>
    block.write('\xe9\xe9', 0, 'latin1'),
  );
  signed.write(`${sumSigned(signed).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  const { entries, faults } = await index(Buffer.concat([old('a'), old('b/'), signed, END_OF_ARCHIVE]));
  expect(faults).toEqual([]);
  expect(entries.map(({ name, type }) => [name.slice(0, 2), type])).toEqual([
    ['a', 'file'],
    ['b/', 'directory'],
    // Bytes that are no UTF-8.
    ['\udce9\udce9', 'file'],
  ]);
});

const A = encodeEntry(file('a', 'hello'));
const B = encodeEntry(file('b', 'world'));
const flip = (bytes: Buffer, at: number, mask = 1) => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
};
const withSize = (size: string | Buffer) =>
  patchHeader(A.subarray(0, 512), (block) => Buffer.from(size).copy(block, 124));

test.each([
  ['nothing', Buffer.alloc(0), 'byte 0: tar.truncated: the file ends without an end mark', ''],
  ['no end mark', A, 'byte 1024: tar.truncated: the file ends without an end mark', 'a'],
  [
    'half an end mark',
    Buffer.concat([A, Buffer.alloc(512)]),
    'byte 1536: tar.truncated: the file ends in its end mark of two zero blocks',
    'a',
  ],
  [
    'one byte of the end mark missing',
    Buffer.concat([A, Buffer.alloc(1023)]),
    'byte 2047: tar.truncated: the file ends in its end mark of two zero blocks',
    'a',
  ],
  ['a cut header', A.subarray(0, 511), 'byte 511: tar.truncated: the file ends in a header', ''],
  ['cut data', A.subarray(0, 514), 'byte 514: tar.truncated: the file ends in "a"; 3 of its 5 bytes are missing', ''],
  ['cut padding', A.subarray(0, 1023), 'byte 1023: tar.truncated: the file ends in the padding of an entry', 'a'],
  [
    'a damaged header between sound ones',
    Buffer.concat([flip(A, 0), B, END_OF_ARCHIVE]),
    'byte 0: tar.bad-checksum: a header with a wrong checksum',
    '`,b',
  ],
  [
    'a damaged size',
    Buffer.concat([flip(A, 130, 2), B, END_OF_ARCHIVE]),
    'byte 0: tar.bad-checksum: a header with a wrong checksum',
    '',
  ],
  [
    'a checksum with another end',
    Buffer.concat([flip(A, 155, 0x20), B, END_OF_ARCHIVE]),
    'byte 0: tar.unusual-checksum: a checksum in an unusual spelling',
    'a,b',
  ],
  [
    'padding that is not zero',
    Buffer.concat([flip(A, 1023), B, END_OF_ARCHIVE]),
    'byte 517: tar.nonzero-padding: bytes other than zero between two entries',
    'a,b',
  ],
  [
    'a lone zero block',
    Buffer.concat([A, Buffer.alloc(512), B, END_OF_ARCHIVE]),
    'byte 1536: tar.trailing-data: data behind the end mark',
    'a',
  ],
  [
    'data behind the end',
    Buffer.concat([A, Buffer.alloc(10_240), Buffer.from('x')]),
    'byte 11264: tar.trailing-data: data behind the end mark',
    'a',
  ],
  ['a negative size', withSize(Buffer.alloc(12, 0xff)), 'byte 0: tar.malformed-number: the size -1 of "a"', ''],
  [
    'a size beyond any file',
    withSize(Buffer.from('80ffffffffffffffffffffff', 'hex')),
    'byte 0: tar.malformed-number: the size 309485009821345068724781055 is beyond any file',
    '',
  ],
  [
    'a size of 8 GiB',
    withSize(Buffer.from('800000000000000200000000', 'hex')),
    'byte 512: tar.truncated: the file ends in "a"; 8589934592 of its 8589934592 bytes are missing',
    '',
  ],
  [
    'a size that is no number',
    withSize('0000000009 '),
    'byte 0: tar.malformed-number: the size "0000000009" is not an octal number',
    '',
  ],
  [
    'a directory with data',
    Buffer.concat([patchHeader(A.subarray(0, 512), (block) => block.write('5', 156)), END_OF_ARCHIVE]),
    'byte 0: tar.ambiguous-size: "a" has data and is no file; some readers skip it, some do not',
    'a',
  ],
  [
    'a sparse file of GNU tar',
    Buffer.concat([patchHeader(A.subarray(0, 512), (block) => block.write('S', 156)), END_OF_ARCHIVE]),
    'byte 0: tar.sparse: "a" is a sparse file, which every reader unpacks differently',
    '',
  ],
  [
    'a sparse file by PAX',
    Buffer.concat([extension('x', pax({ 'GNU.sparse.major': '1' })), A, END_OF_ARCHIVE]),
    'byte 1024: tar.sparse: "a" is a sparse file, which every reader unpacks differently',
    '',
  ],
  [
    'an unknown type',
    Buffer.concat([patchHeader(A.subarray(0, 512), (block) => block.write('M', 156)), END_OF_ARCHIVE]),
    'byte 0: tar.unsupported-type: "a" is of the unknown type "M"',
    '',
  ],
  [
    'two names for one entry',
    Buffer.concat([extension('x', pax({ path: 'b' })), extension('L', 'c\0'), A, END_OF_ARCHIVE]),
    'byte 2048: tar.ambiguous-extension: an entry with the names "b" and "c"',
    '',
  ],
  [
    'two PAX headers for one entry',
    Buffer.concat([extension('x', pax({ path: 'b' })), extension('x', pax({ path: 'c' })), A, END_OF_ARCHIVE]),
    'byte 1024: tar.ambiguous-extension: two extension headers of one kind for one entry',
    '',
  ],
  [
    'a PAX header for nothing',
    Buffer.concat([extension('x', pax({ path: 'b' })), END_OF_ARCHIVE]),
    'byte 1024: tar.ambiguous-extension: an extension header without an entry behind it',
    '',
  ],
  [
    'two PAX records of one name',
    Buffer.concat([extension('x', '10 path=b\n10 path=c\n'), A, END_OF_ARCHIVE]),
    'byte 0: tar.malformed-pax: two PAX records for "path"',
    '',
  ],
  [
    'a PAX record that is too long',
    Buffer.concat([extension('x', '11 path=b\n'), A, END_OF_ARCHIVE]),
    'byte 0: tar.malformed-pax: no PAX record at byte 0 of the extended header',
    '',
  ],
  [
    'a PAX size that is no number',
    Buffer.concat([extension('x', pax({ size: '-5' })), A, END_OF_ARCHIVE]),
    'byte 1024: tar.malformed-pax: the size "-5"',
    '',
  ],
  [
    'a NUL in a PAX name',
    Buffer.concat([extension('x', pax({ path: 'b\0c' })), A, END_OF_ARCHIVE]),
    'byte 1024: tar.malformed-pax: a NUL in the name "b\\u0000c"',
    '',
  ],
  [
    'a global size',
    Buffer.concat([extension('g', pax({ comment: 'x', size: '9' })), A, END_OF_ARCHIVE]),
    'byte 0: tar.global-extension: a global header with "size", which some readers apply and some do not',
    'a',
  ],
  [
    'a long name without end',
    Buffer.concat([extension('L', Buffer.alloc(1024 * 1024 + 1, 'a')), A, END_OF_ARCHIVE]),
    'byte 0: tar.too-large: an extension header of 1048577 bytes; more than 1048576 are not read',
    '',
  ],
])('%s', async (_, bytes, fault, names) => {
  const found = await index(bytes);
  expect(faultsOf(found)).toEqual([fault]);
  expect(found.entries.map(({ name }) => name).join()).toBe(names);
});

test('a file of nothing but faults ends early', async () => {
  const entry = flip(A, 1023);
  const { entries, faults } = await index(Buffer.concat(Array.from({ length: 1000 }, () => entry)));
  expect([entries.length, faults.length]).toEqual([100, 101]);
  expect(faults.at(-1)).toMatchObject({ code: 'tar.too-large', message: '100 faults; the rest is not read' });
});

test('the comment of git archive is no fault', async () => {
  const { entries, faults } = await index(Buffer.concat([extension('g', pax({ comment: 'abc' })), A, END_OF_ARCHIVE]));
  expect(faults).toEqual([]);
  expect(entries[0]?.name).toBe('a');
});

test.skipIf(!hasGnuTar).each(['gnu', 'pax', 'ustar', 'v7'])('what GNU tar writes as %s', async (format) => {
  const root = await makeFolder();
  const deep = `${'d'.repeat(60)}/${'e'.repeat(30)}`;
  const long = format === 'v7' ? 'short' : `${'n'.repeat(format === 'ustar' ? 80 : 200)}`;
  await mkdir(join(root, deep), { recursive: true });
  await writeFile(join(root, deep, long), 'data');
  await symlink('target', join(root, 'link'));
  const args = ['--format', format, '--owner=0', '--group=0', '--mtime=@1', '--sort=name', '-cf', 'out.tar'];
  tryTar([...args, '-C', root, 'd'.repeat(60), 'link'], root);
  const { entries, faults } = await index(await readFile(join(root, 'out.tar')));
  expect(faults).toEqual([]);
  expect(entries.map(({ name, type, linkName, sizeBytes, mtime }) => [name, type, linkName, sizeBytes, mtime])).toEqual(
    [
      [`${'d'.repeat(60)}/`, 'directory', '', 0, 1],
      [`${deep}/`, 'directory', '', 0, 1],
      [`${deep}/${long}`, 'file', '', 4, 1],
      ['link', 'symlink', 'target', 0, 1],
    ],
  );
});

test.skipIf(!hasGnuTar)('a sparse file of the real GNU tar is refused', async () => {
  const root = await makeFolder();
  const handle = await open(join(root, 'sparse'), 'w');
  await handle.write('x', 4 * 1024 * 1024);
  await handle.close();
  for (const format of ['gnu', 'pax']) {
    tryTar(['--format', format, '--sparse', '--hole-detection=raw', '-cf', 'out.tar', 'sparse'], root);
    const found = await index(await readFile(join(root, 'out.tar')));
    expect(found.faults.map(({ code }) => code)).toEqual(['tar.sparse']);
  }
});

function tryTar(args: readonly string[], cwd?: string): string {
  try {
    return execFileSync('tar', args, { cwd, encoding: 'utf8' });
  } catch (error) {
    // Without GNU tar its tests have nothing to look at.
    if (args[0] === '--version') return '';
    throw error;
  }
}
