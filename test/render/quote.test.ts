import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  escapePattern,
  quoteComment,
  quoteExec,
  quotePaths,
  quotePathsAsJson,
  quoteShell,
  quoteUrl,
  quoteValue,
  quoteWord,
} from '../../src/render/quote.ts';
import { readExec, readPaths, readWord, splitWords } from '../support/read-dockerfile.ts';

const line = fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => !/[\r\n\0\p{Cs}]/u.test(text));
// What quoting has to do with comes up more often here than among all characters.
const nasty = fc
  .array(fc.constantFrom('"', "'", '\\', '$', '`', '${X}', '$(x)', ' ', '#', '<<EOF', 'ü', 'a', '[', '*', '%{', '~'))
  .map((parts) => parts.join(''));
const value = fc.oneof(line, nasty);

test.each([
  ['plain-1.2_3:4,5/6@7%8+9=0~', 'plain-1.2_3:4,5/6@7%8+9=0~'],
  ['', '""'],
  ['a b', '"a b"'],
  ['"; rm -rf /', String.raw`"\"; rm -rf /"`],
  ['${X}', String.raw`"\${X}"`],
  ['$(x)', String.raw`"\$(x)"`],
  ['`id`', '"`id`"'],
  ['end\\', String.raw`"end\\"`],
  ['# no', '"# no"'],
  ['<<EOF', '"<<EOF"'],
  ['☃', '"☃"'],
  [' lead', '" lead"'],
])('the word %j is %s', (text, quoted) => {
  expect(quoteWord(text)).toBe(quoted);
  expect(quoteValue(text)).toBe(quoted.startsWith('"') ? quoted : `"${quoted}"`);
});

test.each([
  ['-s', '-s'],
  ['-s -w', "'-s -w'"],
  ["it's", String.raw`'it'\''s'`],
  ['~', "'~'"],
  ['end\\', String.raw`'end\'`],
  ['', "''"],
])('the shell word %j is %s', (text, quoted) => {
  expect(quoteShell(text)).toBe(quoted);
});

test('paths are words where they can be', () => {
  expect(quotePaths(['/a', '/b/c-1'])).toBe('/a /b/c-1');
  expect(quotePaths(['/a', '/b c'])).toBe('["/a", "/b c"]');
  expect(quotePathsAsJson(['/a$b', '/c\\d'])).toBe(String.raw`["/a\\$b", "/c\\\\d"]`);
});

test('a source of COPY is no pattern', () => {
  expect(escapePattern('a[b]*.t?t')).toBe(String.raw`a[\[]b][\*].t[\?]t`);
  expect(escapePattern('plain/file.txt')).toBe('plain/file.txt');
});

test('what follows a variable in a URL is percent-encoded', () => {
  expect(quoteUrl('@esbuild/linux-x64/-/linux-x64-0.21.5.tgz')).toBe('@esbuild/linux-x64/-/linux-x64-0.21.5.tgz');
  expect(quoteUrl('a$b c"ü')).toBe('a%24b%20c%22%C3%BC');
});

test('a comment stays on its line', () => {
  expect(quoteComment('a\nRUN evil\r\n\u2028b ')).toBe('a RUN evil b');
});

test.each([
  ['quoteValue', quoteValue],
  ['quoteWord', quoteWord],
  ['quoteShell', quoteShell],
  ['quoteUrl', quoteUrl],
])('%s refuses a line break', (_name, quote) => {
  expect(() => quote('a\nRUN evil')).toThrow('"a\\nRUN evil" holds a line break');
});

test('an exec form can hold lines', () => {
  expect(quoteExec(['a\nb'])).toBe(String.raw`["a\nb"]`);
});

test('a word reads back as the value', () => {
  fc.assert(
    fc.property(value, (text) => {
      expect(readWord(quoteWord(text))).toBe(text);
      expect(splitWords(`NAME=${quoteValue(text)} OTHER=1`)).toEqual([`NAME=${quoteValue(text)}`, 'OTHER=1']);
    }),
  );
});

test('paths and exec forms read back as they were', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1 }), (list) => {
      expect(readExec(quoteExec(list))).toEqual(list);
      expect(readPaths(quotePathsAsJson(list))).toEqual(list);
    }),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1 }), (list) => {
      expect(readPaths(quotePaths(list))).toEqual(list);
    }),
  );
});

test.skipIf(process.platform === 'win32')('a shell gives back the very words', () => {
  const words = fc.sample(value, { numRuns: 500, seed: 1 });
  const script = `printf '%s\\n' ${words.map(quoteShell).join(' ')}`;
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(words.map((word) => `${word}\n`).join(''));
});
