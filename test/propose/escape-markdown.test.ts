import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codeSpan, escapeMarkdown, plainText } from '../../src/propose/escape-markdown.ts';

const Z = '\u200B';

test.each([
  ['Fix the build', 'Fix the build'],
  ['Merge pull request #12 from user/branch', `Merge pull request \\#${Z}12 from user/branch`],
  [
    'Fixes #1, closes !2, &3, %4, $5, ~bug',
    `Fixes \\#${Z}1, closes \\!${Z}2, \\&${Z}3, \\%${Z}4, \\$${Z}5, \\~${Z}bug`,
  ],
  ['Fixes JIRA-12 and CVE-2024-1', `Fixes JIRA-${Z}12 and CVE-${Z}2024-1`],
  ['thanks @all', `thanks \\@${Z}all`],
  ['/close', '\\/close'],
  ['line\n/merge\r\n/approve', 'line /merge /approve'],
  ['<!-- forkwright: x --><b>', `&lt;\\!${Z}-- forkwright: x --${Z}&gt;&lt;b${Z}&gt;`],
  ['[x](https://evil.example)', `\\[${Z}x\\](https:${Z}//evil.example)`],
  ['see www.evil.example', `see www${Z}.evil.example`],
  ['a | b `c` **d** _e_ \\', `a \\| b \\\`c\\\` \\*${Z}\\*${Z}d\\*${Z}\\* \\_e\\_ \\\\`],
  ['&#64;user', `\\&${Z}\\#${Z}64;user`],
  ['1. one', '1\\. one'],
  ['- [ ] task', '\\- \\[ \\] task'],
  ['group/project>', `group/project${Z}&gt;`],
  ['a\u202Eb\u0007c\u200Bd\uD800', 'a\\\\u\\{202e\\}b\\\\u\\{7\\}c\\\\u\\{200b\\}d\\\\u\\{d800\\}'],
  ['', ''],
])('%j', (text, escaped) => {
  expect(escapeMarkdown(text)).toBe(escaped);
});

test('a long text is cut between characters', () => {
  expect(escapeMarkdown('😀'.repeat(10), 4)).toBe('😀😀😀…');
  expect(escapeMarkdown('x'.repeat(300))).toHaveLength(200);
});

test.each([
  ['alpine:3.20@sha256:ab', '`alpine:3.20@sha256:ab`'],
  ['v1.0|x', 'v1.0\\|x'],
  ['v`1', 'v\\`1'],
  ['<!--x-->', `&lt;\\!${Z}--x--${Z}&gt;`],
  ['Fixes #1', `Fixes \\#${Z}1`],
])('the name %j', (name, span) => {
  expect(codeSpan(name)).toBe(span);
});

test('a title has no references', () => {
  expect(plainText('v1 @all #2\n/x')).toBe(`v1 @${Z}all #${Z}2 /x`);
});

const MEANINGFUL = [
  '@all',
  '#1',
  '!1',
  '&1',
  '%1',
  '~bug',
  '~"a b"',
  '$1',
  '^alert#1',
  '*iteration:1',
  '[issue:1]',
  'GL-1',
  'AB-1',
  'Fixes',
  'closes:',
  ' ',
  '\n',
  '\r',
  '\t',
  '\u2028',
  '/close',
  '/label ~x',
  '<!--',
  '-->',
  '<b>',
  '</td>',
  '|',
  '\\',
  '`',
  '```',
  '~~~',
  '[',
  '](',
  ')',
  '!',
  '*',
  '_',
  '&lt;',
  '&#64;',
  '&#x40;',
  'https://x.example/g/p/-/issues/1',
  'www.x.example',
  'a@b.example',
  '\u200B',
  '\u202E',
  '\0',
  '\x1B',
  '\uD800',
  '---',
  '===',
  '1.',
  '- [x] ',
  '[[_TOC_]]',
  '$`',
  '`$',
  'group/project>',
  '%{x}',
  '::include{file=x}',
  '>>>',
  '{+',
  ':',
];

/** Texts full of what means something. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(...MEANINGFUL),
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.string({ unit: 'grapheme-ascii', maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

/** Specification: GitLab's defaults for issue_closing_pattern, and its reference patterns. */
const CLOSES =
  /\b(?:[Cc]los(?:e[sd]?|ing)|[Ff]ix(?:e[sd]|ing)?|[Rr]esolv(?:e[sd]?|ing)|[Ii]mplement(?:s|ed|ing)?):? +(?:issues? +)?(?:[\w/.-]*#\d|[A-Z][A-Z0-9_]+-\d|https?:\/\/)/;
const REFERENCES = [
  /@[A-Za-z0-9_]/,
  /[#!&$]\d/,
  /[~%]["\w{]/,
  /\^alert/,
  /\*iteration:/,
  /\[\w+:/,
  /[A-Z][A-Z0-9_]+-\d/,
  /[A-Za-z][A-Za-z0-9+.-]*:\/\//,
  /www\./i,
  /[\w.-]>/,
];

/** What a reader of Markdown makes of escaped inline text. */
function rendered(markdown: string): string {
  return markdown
    .replaceAll(/\\([!-/:-@[-`{-~])/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
}

function expectHarmless(escaped: string): void {
  expect(escaped).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029]|(?!\u200B)\p{Cf}/u);
  expect(escaped).not.toMatch(/^\s|^\/|^[-+=:>#]|^\d+[.)]/);
  expect(escaped).not.toMatch(/[<>]/);
  expect(escaped).not.toMatch(CLOSES);
  // Every character that Markdown would read is behind a backslash that is none itself, or in a reference to a character.
  const bare = escaped.replaceAll(/\\[!-/:-@[-`{-~]/g, '').replaceAll(/&[lg]t;/g, '');
  expect(bare).not.toMatch(/[\\`*_{}[\]|~#!&$@^]/);
  for (const reference of REFERENCES) expect(rendered(escaped)).not.toMatch(reference);
}

test('no text from outside is more than a text', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      expectHarmless(escapeMarkdown(text));
    }),
    { numRuns: 500 },
  );
});

test('no name breaks out of its code span', () => {
  fc.assert(
    fc.property(hostile, (name) => {
      const span = codeSpan(name);
      if (!/^`[^`|<\s]+`$/.test(span)) expectHarmless(span);
      else expect(span).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
    }),
    { numRuns: 500 },
  );
});

test('no text brings a reference into a title', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const title = plainText(text);
      expect(title).not.toMatch(/[\n\r]/);
      expect(title).not.toMatch(CLOSES);
      for (const reference of REFERENCES) expect(title).not.toMatch(reference);
    }),
    { numRuns: 300 },
  );
});
