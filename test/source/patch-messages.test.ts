import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { namesVersions, rewriteMessage, splitFiles, splitMessages } from '../../src/source/patch-messages.ts';

const HASH = '0123456789abcdef0123456789abcdef01234567';
const FROM = `From ${HASH} Mon Sep 17 00:00:00 2001\n`;
const DIFF = 'diff --git a/a b/a\nindex 1111111..2222222 100644\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n+y\n';
const PLAIN = '--- a.orig\t2020-01-01\n+++ a\t2020-01-02\n@@ -1 +1 @@\n-x\n+y\n';

test.each<readonly [what: string, before: string, after: string]>([
  ['a plain diff', DIFF, 'DIFF'],
  ['the text above one', `Why.\n\n${DIFF}-- \n2.39.5\n`, 'Why.\n\nDIFF'],
  ['what other tools write above one', `Why.\nIndex: a\n${'='.repeat(67)}\n${PLAIN}`, 'Why.\nDIFF'],
  ['the same in a text', `Index: the first\n\n${DIFF}`, 'Index: the first\n\nDIFF'],
  ['the command of diff', `diff -ruN a.orig a\n${PLAIN}`, 'DIFF'],
  [
    'a mail',
    `${FROM}Subject: x\n\nText.\n---\n a | 2 +-\n 1 file changed, 1 insertion(+)\n\n${DIFF}`,
    'Subject: x\n\nText.\n---\nSTAT\n\nDIFF',
  ],
  ['a mail without a list of files', `${FROM}Subject: x\n\nText.\n\n${DIFF}`, 'Subject: x\n\nText.\n\nDIFF'],
  [
    'notes below the text',
    `${FROM}Subject: x\n---\nA note.\n\n d/a => b | Bin 0 -> 12 bytes\n 2 files changed\n create mode 100644 b\n rename c => d (90%)\n\n${DIFF}`,
    'Subject: x\n---\nA note.\n\nSTAT\n\nDIFF',
  ],
  [
    'numbers of a series, in the subject alone',
    `${FROM}Subject: [RFC PATCH v2 03/12 net] [PATCH 1/2] x\n\nSubject: [PATCH 1/2] y\n---\n${DIFF}`,
    'Subject: [RFC PATCH v2 03/12 net] [PATCH 1/2] x\n\nSubject: [PATCH 1/2] y\n---\nDIFF',
  ],
  ['the number', `${FROM}Subject: [RFC PATCH v2 03/12] x\n---\n${DIFF}`, 'Subject: [RFC PATCH v2] x\n---\nDIFF'],
  [
    'a cover letter stays as it is',
    `${FROM}Subject: [PATCH 0/1] x\n\n${FROM}Subject: [PATCH 1/1] y\n---\n${DIFF}`,
    `Subject: [PATCH 0/1] x\n\n${FROM.replace(HASH, '0'.repeat(40))}Subject: [PATCH] y\n---\nDIFF`,
  ],
])('a message gets another diff: %s', (what, before, after) => {
  const zero = what.startsWith('a cover') ? FROM : FROM.replace(HASH, '0'.repeat(40));
  const head = before.startsWith('From ') ? zero : '';
  expect(rewriteMessage(before, { stat: 'STAT\n', diff: 'DIFF' })).toBe(head + after);
});

test('versions are named by lines of the diff alone, and none by those of a new file', () => {
  expect(namesVersions(DIFF)).toBe(true);
  expect(namesVersions(PLAIN)).toBe(false);
  expect(namesVersions(`index 1111111..2222222 100644\n${PLAIN}`)).toBe(false);
  expect(namesVersions(DIFF.replace('1111111', '0000000'))).toBe(false);
});

test('a file is split into its messages, and a message into its files, without losing a byte', () => {
  expect(splitMessages(`${FROM}\ncover\n${FROM}\n${DIFF}${FROM}\n${DIFF}${FROM}\nend\n`)).toEqual([
    `${FROM}\ncover\n${FROM}\n${DIFF}`,
    `${FROM}\n${DIFF}${FROM}\nend\n`,
  ]);
  expect(splitFiles(`Text.\n${DIFF}${DIFF}`)).toEqual([DIFF, DIFF]);
  expect(splitFiles(`Text.\n${PLAIN}${PLAIN}`)).toEqual([PLAIN, PLAIN]);
  const windows = PLAIN.replaceAll('\n', '\r\n');
  expect(splitFiles(`Text.\r\n${windows}${windows}`)).toEqual([windows, windows]);
  const parts = fc.array(fc.constantFrom(FROM, DIFF, PLAIN, '\n', 'text\n', '---\n', '-- \n2.39.5\n'));
  fc.assert(
    fc.property(parts, (texts) => {
      expect(splitMessages(texts.join('')).join('')).toBe(texts.join(''));
    }),
  );
});
