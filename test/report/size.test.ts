import { expect, test } from 'vitest';
import { formatSize } from '../../src/report/size.ts';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [24_078, '23.5 KiB'],
  [1024 ** 2 - 1, '1.0 MiB'],
  [5 * 1024 ** 2, '5.0 MiB'],
  [1.25 * 1024 ** 3, '1.3 GiB'],
  [2000 * 1024 ** 4, '2000.0 TiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});
