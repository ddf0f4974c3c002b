import fc from 'fast-check';
import { expect, test } from 'vitest';
import { headerBytes, writePlainHeader } from '../../src/tar/write-blocks.ts';
import { encodeHeader, type TarEntryInput } from '../../src/tar/write-header.ts';

const NUMBER = fc.oneof(fc.nat(), fc.constantFrom(8 ** 7 - 1, 8 ** 7, 8 ** 11 - 1, 8 ** 11));
const TEXT = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ minLength: 95, maxLength: 120 }));
const ENTRY: fc.Arbitrary<TarEntryInput> = fc.record(
  {
    name: TEXT.filter((name) => !name.includes('\0')),
    type: fc.constantFrom('file', 'hardlink', 'symlink', 'character-device', 'block-device', 'directory', 'fifo'),
    mode: fc.nat({ max: 0o7777 }),
    sizeBytes: NUMBER,
    uid: NUMBER,
    gid: NUMBER,
    mtime: fc.oneof(NUMBER, fc.integer()),
    linkName: TEXT,
    userName: TEXT,
    groupName: TEXT,
    devMajor: fc.nat({ max: 4095 }),
    devMinor: fc.nat({ max: 1048575 }),
    pax: fc.constantFrom(new Map(), new Map([['SCHILY.xattr.user.note', Buffer.from('kept')]])),
  },
  { requiredKeys: ['name', 'type', 'mode'] },
);

test('the quick way writes the bytes of the other one', () => {
  fc.assert(
    fc.property(ENTRY, (entry) => {
      const expected = encodeHeader(entry);
      const around = Buffer.alloc(10, 0xff);
      const target = Buffer.alloc(532, 0xff);
      const isWritten = writePlainHeader(entry.name, entry, target, 10);
      expect(headerBytes(entry.name, entry)).toBe(expected.length);
      if (isWritten) expect(target.equals(Buffer.concat([around, expected, around]))).toBe(true);
      else expect(target.equals(Buffer.alloc(532, 0xff))).toBe(true);
    }),
    { numRuns: 300 },
  );
});
