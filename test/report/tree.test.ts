import { expect, test } from 'vitest';
import { createStyle } from '../../src/report/style.ts';
import { formatTree, type TreeLine } from '../../src/report/tree.ts';

const leaf = (label: string, text: string): TreeLine => ({ label, text, children: [] });
const plain = createStyle(false);

test('draws branches, with the labels of neighbours in one width', () => {
  const lines = [
    { ...leaf('a', 'one'), children: [leaf('long label', 'x'), leaf('', 'y')] },
    { ...leaf('bb', ''), children: [leaf('c', 'z')] },
  ];
  expect(formatTree(lines, { style: plain, columns: null })).toBe(
    ['├─ a   one', '│  ├─ long label  x', '│  └─             y', '└─ bb', '   └─ c  z', ''].join('\n'),
  );
});

test('cuts lines to the width of the terminal', () => {
  expect(formatTree([leaf('env', 'PATH=/usr/local/bin:/usr/bin')], { style: plain, columns: 24 })).toBe(
    '└─ env  PATH=/usr/local…\n',
  );
});

test('nothing from outside moves the cursor or turns the text around', () => {
  const text = 'a\u001b[2Jb\nc\u009bd\u202ee';
  expect(formatTree([leaf('x\r', text)], { style: plain, columns: null })).toBe(
    '└─ x\\u000d  a\\u001b[2Jb\\u000ac\\u009bd\\u202ee\n',
  );
});

test('labels stand out where there is colour', () => {
  expect(formatTree([leaf('a', 'b')], { style: createStyle(true), columns: null })).toBe(
    '└─ \u001b[1ma\u001b[22m  b\n',
  );
});
