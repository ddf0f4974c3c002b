import { expect, test } from 'vitest';
import { createStyle } from '../../src/report/style.ts';
import { formatTable } from '../../src/report/table.ts';

test('columns are as wide as their widest cell, colours do not count', () => {
  const { good } = createStyle(true);
  const table = formatTable(
    [
      { title: 'recipe', align: 'left' },
      { title: 'size', align: 'right' },
      { title: 'state', align: 'left' },
    ],
    [
      ['a', '1 KiB', good('built')],
      ['dockerfile-copy', '12.0 MiB', 'no'],
    ],
  );
  expect(table).toBe(`\
recipe               size  state
a                   1 KiB  ${good('built')}
dockerfile-copy  12.0 MiB  no
`);
});
