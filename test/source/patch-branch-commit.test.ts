import { expect, test } from 'vitest';
import { composeCommit, parseMailDate, parseMailHeaders } from '../../src/source/patch-branch-commit.ts';

const COMMIT = {
  tree: 'a'.repeat(40),
  parent: 'b'.repeat(40),
  author: 'Jörg Maier',
  email: 'joerg@example.org',
  epochSeconds: 1_700_000_000,
  zone: '-0330',
  subject: 'Fix it',
  body: 'Because.\n\nSigned-off-by: J\n',
};

test('a commit has the form that git gives it', () => {
  expect(composeCommit(COMMIT)).toBe(
    [
      `tree ${'a'.repeat(40)}`,
      `parent ${'b'.repeat(40)}`,
      'author Jörg Maier <joerg@example.org> 1700000000 -0330',
      'committer forkwright <forkwright@forkwright.invalid> 1700000000 -0330',
      '',
      'Fix it',
      '',
      'Because.',
      '',
      'Signed-off-by: J',
      '',
    ].join('\n'),
  );
});

test.each([
  [{ author: '', email: '' }, 'author forkwright <forkwright@forkwright.invalid> '],
  [{ author: '' }, 'author joerg@example.org <joerg@example.org> '],
  [{ author: ' "A <b>\ncommitter x' }, 'author A bcommitter x <joerg@example.org> '],
])('of %j no name breaks out of its line', (person, line) => {
  const text = composeCommit({ ...COMMIT, ...person });
  expect(text.split('\n')[2]).toContain(line);
  expect(text.split('\n').filter((each) => each.startsWith('committer '))).toHaveLength(1);
});

test.each([
  ['Mon, 1 Jan 2024 10:00:00 +0100', { epochSeconds: 1_704_099_600, zone: '+0100' }],
  ['1 Jan 2024 10:00:00 -0800', { epochSeconds: 1_704_132_000, zone: '-0800' }],
  ['Thu, 1 Jan 1970 00:00:00 +0100', null],
  ['yesterday', null],
  ['', null],
])('the date %j is read', (text, date) => {
  expect(parseMailDate(text)).toEqual(date);
});

test('what git mailinfo prints is read', () => {
  const text = 'Author: A\nEmail: a@example.org\nSubject: Fix: it\nDate: today\n\n';
  expect(parseMailHeaders(text)).toEqual({ author: 'A', email: 'a@example.org', subject: 'Fix: it', date: 'today' });
  expect(parseMailHeaders('\n')).toEqual({ author: '', email: '', subject: '', date: '' });
});
