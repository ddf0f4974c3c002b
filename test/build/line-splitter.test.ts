import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitLines } from '../../src/build/line-splitter.ts';

function split(pieces: readonly Uint8Array[]): readonly string[] {
  const lines: string[] = [];
  const splitter = splitLines((line) => lines.push(line));
  for (const piece of pieces) splitter.take(piece);
  splitter.end();
  return lines;
}

test('however the bytes are cut, the lines are the same', () => {
  const text = fc.array(fc.string({ unit: 'binary' }).map((line) => line.replaceAll(/[\r\n]/g, 'é')));
  fc.assert(
    fc.property(text, fc.array(fc.nat(200)), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
      const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
      expect(split(pieces)).toEqual(bytes.toString().split('\n').slice(0, -1));
    }),
  );
});

test('a carriage return before the end is part of it; what is left has no end', () => {
  expect(split([Buffer.from('a\r\nb')])).toEqual(['a', 'b']);
});

test('a line without an end is not kept for ever', () => {
  const lines = split([Buffer.alloc(100_000, 'x'), Buffer.alloc(10, 'x')]);
  expect(lines.map(({ length }) => length)).toEqual([100_000, 10]);
});
