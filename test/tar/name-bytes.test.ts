import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeName, encodeName } from '../../src/tar/name-bytes.ts';

test.each([
  ['caf\u00e9', 'caf\u00e9'],
  [Buffer.from('caf\xe9', 'latin1'), 'caf\udce9'],
  // A folder is called the same, whatever is in it.
  [
    Buffer.concat([Buffer.from('caf\u00e9/'), Buffer.of(0xff), Buffer.from('/\u{1f600}')]),
    'caf\u00e9/\udcff/\u{1f600}',
  ],
  // Halves of pairs are no UTF-8.
  [Buffer.from('edb3a9', 'hex'), '\udced\udcb3\udca9'],
  ['', ''],
  ['a//b/', 'a//b/'],
])('%j is %j', (bytes, name) => {
  expect(decodeName(Buffer.from(bytes))).toBe(name);
});

test('no byte gets lost, and no two names become one', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect([...encodeName(decodeName(Buffer.from(bytes)))]).toEqual([...bytes]);
    }),
  );
});
