import { expect, test } from 'vitest';
import { toLayerEntry } from '../../../src/image/files/layer-entry.ts';
import { elf } from '../../support/programs.ts';

test.each([
  { type: 'file', kind: 'file' },
  { type: 'directory', kind: 'directory' },
  { type: 'symlink', kind: 'symlink' },
  { type: 'hardlink', kind: 'hardlink' },
  { type: 'character-device', kind: 'other' },
  { type: 'fifo', kind: 'other' },
])('a tar entry of type $type is $kind in the tree', ({ type, kind }) => {
  const header = { name: './a', type, linkName: 'b', mode: 0o755 };
  expect(toLayerEntry(header, Buffer.alloc(0))).toEqual({
    path: './a',
    kind,
    linkName: 'b',
    mode: 0o755,
    program: null,
  });
});

test('only files are programs', () => {
  const head = elf({ machine: 62, bits: 64, endianness: 'little' });
  const header = { name: 'a', linkName: '', mode: 0o755 };
  expect(toLayerEntry({ ...header, type: 'file' }, head).program).toMatchObject({ format: 'elf', arch: 'amd64' });
  expect(toLayerEntry({ ...header, type: 'symlink' }, head).program).toBe(null);
});
