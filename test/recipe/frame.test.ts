import { expect, test } from 'vitest';
import { formatFrame } from '../../src/recipe/frame.ts';

const TEXT = [
  'one',
  '\ttwo',
  'three',
  '',
  'https://me:secret@a.io/b',
  'x'.repeat(150) + 'HERE' + 'y'.repeat(150),
  'a\u{1b}[31m\u{202e}b',
];

test.each([
  ['the first line', 1, 2, ['> 1 | one', '    |  ^', '  2 | \ttwo']],
  ['a tab stays a tab in front of the caret', 2, 2, ['  1 | one', '> 2 | \ttwo', '    | \t^', '  3 | three']],
  ['an empty line', 4, 1, ['  3 | three', '> 4 |', '    | ^', '  5 | https://*********@a.io/b']],
  ['the end of a line', 3, 6, ['  2 | \ttwo', '> 3 | three', '    |      ^', '  4 |']],
  ['what a terminal acts on', 7, 1, [`  6 | ${'x'.repeat(100)}`, '> 7 | a\u{fffd}[31m\u{fffd}b', '    | ^']],
])('%s', (_, line, column, frame) => {
  expect(formatFrame(TEXT.join('\n'), { line, column })).toBe(frame.join('\n'));
});

test('a long line is cut around the caret', () => {
  const frame = formatFrame(TEXT.join('\n'), { line: 6, column: 151 }).split('\n');
  expect(frame[1]).toBe(`> 6 | ${'x'.repeat(39)}HERE${'y'.repeat(57)}`);
  expect(frame[2]).toBe(`    | ${' '.repeat(39)}^`);
});

test('numbers of lines are aligned', () => {
  const text = Array.from({ length: 12 }, (_, index) => `l${index + 1}`).join('\r\n');
  expect(formatFrame(text, { line: 9, column: 1 })).toBe('   8 | l8\n>  9 | l9\n     | ^\n  10 | l10');
});
