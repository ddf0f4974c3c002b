import { expect, test } from 'vitest';
import { compareLink } from '../../src/propose/compare-link.ts';
import { NEW, OLD } from './change-values.ts';

const RANGE = `${OLD}...${NEW}`;

test.each<[string, 'github' | 'gitlab' | null, string | null]>([
  ['https://github.com/tools/tool.git', null, `https://github.com/tools/tool/compare/${RANGE}`],
  ['git@github.com:tools/tool.git', null, `https://github.com/tools/tool/compare/${RANGE}`],
  ['https://gitlab.com/a/b/c', null, `https://gitlab.com/a/b/c/-/compare/${RANGE}`],
  ['ssh://git@gitlab.example.com:2222/a/b.git', null, `https://gitlab.example.com/a/b/-/compare/${RANGE}`],
  ['http://git.example.com:8080/a/b', 'gitlab', `http://git.example.com:8080/a/b/-/compare/${RANGE}`],
  ['https://user:secret@github.com/tools/tool', null, `https://github.com/tools/tool/compare/${RANGE}`],
  ['https://github.com/a/b)|c @all', null, `https://github.com/a/b%29%7Cc%20%40all/compare/${RANGE}`],
  ['https://git.example.com/a/b', null, null],
  ['file:///srv/tool', 'github', null],
])('%s, on %s', (git, forge, link) => {
  expect(compareLink(git, forge, OLD, NEW)).toBe(link);
});

test('what is no commit is in no link', () => {
  expect(compareLink('https://github.com/a/b', null, 'main', NEW)).toBe(null);
});
