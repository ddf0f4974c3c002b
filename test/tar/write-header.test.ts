import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { unpackTar } from 'modern-tar';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { readTarStream } from '../../src/tar/read-stream.ts';
import { encodeHeader, type TarEntryInput } from '../../src/tar/write-header.ts';
import { chunksOf, file, folder, link, makeFile, tarOf, type TestEntry } from '../support/archives.ts';

const LONG = `${'deep/'.repeat(30)}${'n'.repeat(120)}`;
const ENTRIES: readonly TestEntry[] = [
  folder('bin/'),
  file('bin/tool', 'program', { mode: 0o755, uid: 1234, gid: 5678, mtime: 1_700_000_000 }),
  file(`${'p'.repeat(150)}/${'n'.repeat(100)}`, 'split'),
  file(LONG, 'long'),
  file('grüße.txt', 'not ASCII', { userName: 'müller' }),
  link('symlink', 'link', `../${LONG}`),
  link('hardlink', 'hard', 'bin/tool'),
];

test('the bytes stay as they are', () => {
  expect(digestOf(tarOf(ENTRIES))).toMatchInlineSnapshot(
    `"sha256:2d401e9090782feec2e4bd36db1f4b3c48a25ca8c86fd72602305f0387a98921"`,
  );
});

test('a plain entry is one ustar block', () => {
  const block = encodeHeader({ name: 'blobs/', type: 'directory', mode: 0o755 });
  expect(block.length).toBe(512);
  expect(block.toString('latin1').replaceAll(/\0+/g, '|')).toBe(
    'blobs/|0000755|0000000|0000000|00000000000|00000000000|010306| 5|ustar|00|0000000|0000000|',
  );
});

test('modern-tar reads them', async () => {
  const read = await unpackTar(tarOf(ENTRIES), { strict: true });
  expect(
    read.map(({ header, data }) => [
      header.name,
      header.type,
      header.linkname ?? '',
      Buffer.from(data ?? '').toString(),
    ]),
  ).toEqual(
    ENTRIES.map(({ name, type, linkName = '', data = '' }) => [
      name,
      type === 'hardlink' ? 'link' : type,
      linkName,
      Buffer.from(data).toString(),
    ]),
  );
});

test('the tar of this machine reads them', async () => {
  const path = await makeFile(tarOf(ENTRIES));
  const listed = execFileSync('tar', ['-tf', path], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
  expect(listed.trim().split('\n').length).toBe(ENTRIES.length);
  expect(execFileSync('tar', ['-xOf', path, LONG], { encoding: 'utf8' })).toBe('long');
});

test('what is written is read back', async () => {
  const name = fc
    .array(fc.stringMatching(/^[a-zA-Z0-9ä_.-]{1,80}$/), { minLength: 1, maxLength: 6 })
    .map((parts) => `x${parts.join('/')}`);
  const entry = fc.record({
    name,
    type: fc.constantFrom('file' as const, 'symlink' as const, 'hardlink' as const, 'fifo' as const),
    mode: fc.nat(0o7777),
    uid: fc.nat(2 ** 32),
    gid: fc.nat(2 ** 32),
    mtime: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
    linkName: name,
    userName: fc.string({ maxLength: 40 }).filter((text) => !text.includes('\0')),
    groupName: fc.string({ maxLength: 40 }).filter((text) => !text.includes('\0')),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 5 }), async (entries) => {
      const found: TarEntryInput[] = [];
      for await (const { header } of readTarStream(chunksOf(tarOf(entries)))) found.push(header);
      expect(found).toMatchObject(entries);
      expect(found.length).toBe(entries.length);
    }),
  );
});

test('a size beyond 8 GiB', async () => {
  const sizeBytes = 2 ** 40;
  const headers = encodeHeader({ name: 'big', type: 'file', mode: 0o644, sizeBytes });
  for await (const { header } of readTarStream(chunksOf(headers))) {
    expect(header.sizeBytes).toBe(sizeBytes);
    break;
  }
});

test('what no tar can hold is refused', () => {
  expect(() => encodeHeader({ name: 'a', type: 'file', mode: -1 })).toThrow(RangeError);
});
