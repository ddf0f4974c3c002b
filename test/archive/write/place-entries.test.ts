import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placeEntries } from '../../../src/archive/write/place-entries.ts';
import { writeTar } from '../../../src/archive/write/write-entries.ts';
import type { ArchiveEntry } from '../../../src/image/convert/archive-entry.ts';
import { digestOf, type Digest } from '../../../src/oci/digest.ts';
import { chunksOf, SIGNAL } from '../../support/archives.ts';

const BYTES = fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes));
// Long names, and names that are no ASCII, take headers of their own.
const NAME = fc.oneof(fc.stringMatching(/^[a-z]{1,9}$/), fc.stringMatching(/^[a-z]{101,300}$/), fc.constant('größe'));
const ENTRY: fc.Arbitrary<ArchiveEntry & { readonly raw?: Buffer }> = fc.oneof(
  NAME.map((name) => ({ kind: 'folder' as const, name })),
  NAME.map((name) => ({ kind: 'link' as const, name, target: '../x' })),
  fc.tuple(NAME, BYTES).map(([name, bytes]) => ({ kind: 'file' as const, name, bytes })),
  fc.tuple(NAME, BYTES, fc.boolean()).map(([name, raw, isHeld]) => ({
    kind: 'blob' as const,
    name,
    digest: digestOf(raw),
    sizeBytes: raw.length,
    bytes: isHeld ? raw : null,
    raw,
  })),
);

test('what is placed is what is written from front to back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(ENTRY, { maxLength: 8 }), async (entries) => {
      const raws = new Map(entries.flatMap(({ raw }) => (raw === undefined ? [] : [[digestOf(raw), raw] as const])));
      const rawOf = (digest: Digest) => raws.get(digest) ?? Buffer.alloc(0);
      const written: Buffer[] = [];
      const append = async (bytes: Uint8Array) => void written.push(Buffer.from(bytes));
      const blobs = { bytes: (digest: Digest) => chunksOf(rawOf(digest)), origin: () => undefined };
      await writeTar(entries, blobs, { append }, { signal: SIGNAL, onBytes: () => undefined });
      const placed = placeEntries(entries);
      const bytes = Buffer.alloc(placed.sizeBytes, 1);
      for (const { digest, offset } of placed.blobs) rawOf(digest).copy(bytes, offset);
      for (const piece of placed.pieces.toReversed()) piece.bytes.copy(bytes, piece.offset);
      expect(bytes.equals(Buffer.concat(written))).toBe(true);
    }),
  );
});
