import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gitComplaint } from '../../src/source/complaint.ts';
import { parseCommit } from '../../src/source/commit-object.ts';
import { connectingEnvironment, isolatedEnvironment } from '../../src/source/git-environment.ts';
import { leadsOutside } from '../../src/source/link-target.ts';
import { newestPatchDate } from '../../src/source/patch-date.ts';
import { isRecentGit } from '../../src/source/require-git.ts';
import { parseTree } from '../../src/source/tree-entries.ts';

test.each([
  ['git version 2.32.0', true],
  ['git version 2.39.5 (Apple Git-154)', true],
  ['git version 3.0.0', true],
  ['git version 2.31.9', false],
  ['git version 1.99.0', false],
  ['git the unknown', false],
])('%s', (text, isRecent) => expect(isRecentGit(text)).toBe(isRecent));

const ACCESS = 'Please make sure you have the correct access rights\nand the repository exists.\n';

test.each([
  [
    "fatal: '/x' does not appear to be a git repository\nfatal: Could not read from remote repository.\n\n" + ACCESS,
    "'/x' does not appear to be a git repository",
  ],
  [
    'git@example.org: Permission denied (publickey).\nfatal: Could not read from remote repository.\n\n' + ACCESS,
    'git@example.org: Permission denied (publickey).',
  ],
  ['fatal: Could not read from remote repository.\n\n' + ACCESS, 'Could not read from remote repository.'],
  [
    "warning: redirecting\nfatal: Authentication failed for 'https://bot:hunter2@example.org/'",
    "Authentication failed for 'https://***********@example.org/'",
  ],
  ['', 'git fetch ended with exit code 128'],
])('the reason in %j', (stderr, reason) => {
  expect(gitComplaint(new Error(`git fetch ended with exit code 128${stderr === '' ? '' : `:\n${stderr}`}`))).toBe(
    reason,
  );
});

const HEAD = 'From 33d418c417c564cb8b9d567ad717100dc53cb411 Mon Sep 17 00:00:00 2001\n';

test.each([
  [
    `${HEAD}From: A <a@example.org>\nDate: Tue, 2 Jan 2024 10:00:00 +0100\nSubject: x\n\nDate: Tue, 2 Jan 2034 10:00:00 +0100\n`,
    1704186000,
  ],
  [
    `${HEAD}Date: Tue, 2 Jan 2024 10:00:00 +0100\r\n\r\nx\r\n${HEAD}Date: Tue, 2 Jan 2024 10:00:05 +0100\n\n`,
    1704186005,
  ],
  ['diff --git a/a b/a\n', null],
  [`${HEAD}Date: yesterday\n\n`, null],
  [`${HEAD}Date: Tue, 2 Jan 2024 10:00:00\n\n`, null],
  [`${HEAD}Date: never +0000\n\n`, null],
])('the date of a patch: %j', (text, seconds) => expect(newestPatchDate(text)).toBe(seconds));

test('a commit as git prints it', () => {
  const tree = '8'.repeat(40);
  const text = `tree ${tree}\nparent ${'9'.repeat(40)}\nauthor A > <a@x> 1 +0000\ncommitter B <b@x> 1700000000 -0230\n\ncommitter B <b@x> 2 +0000\n`;
  expect(parseCommit(text)).toEqual({ tree, epochSeconds: 1_700_000_000 });
  expect(() => parseCommit(`tree ${tree}\n\ncommitter B <b@x> 2 +0000\n`)).toThrow('the commit has no tree or no date');
});

test('a tree as git lists it', () => {
  const hash = 'a'.repeat(40);
  const modes = ['100644', '100664', '100755', '120000', '160000'];
  const text = modes.map((mode) => `${mode} blob ${hash}\td/a\tb\n${mode}\0`).join('');
  expect(parseTree(text).map(({ path, kind }) => [path, kind])).toEqual([
    ['d/a\tb\n100644', 'file'],
    ['d/a\tb\n100664', 'file'],
    ['d/a\tb\n100755', 'program'],
    ['d/a\tb\n120000', 'link'],
    ['d/a\tb\n160000', 'submodule'],
  ]);
  expect(parseTree('')).toEqual([]);
  expect(() => parseTree(`100644 blob ${hash}\tn\u{fffd}me\0`)).toThrow('the name of a file is not UTF-8');
});

test.each([
  ['a', { a: 'b/c' }, false],
  ['a', { a: '/b' }, true],
  ['d/a', { 'd/a': '..' }, false],
  ['d/a', { 'd/a': '../..' }, true],
  ['d/a', { 'd/a': './..//x/../y' }, false],
  ['a', { a: 'a' }, false],
  ['a', { a: 'b', b: 'a/..' }, false],
  ['d/up', { 'd/up': 'top/..', 'd/top': '..' }, true],
  ['d/up', { 'd/up': 'top/d/top', 'd/top': '..' }, false],
  ['a', { a: 'b/x', b: '/etc' }, true],
])('following %s in %j', (path, links, isOutside) => {
  expect(leadsOutside(path, new Map(Object.entries(links)))).toBe(isOutside);
});

test('a link without dots stays inside, whatever the others are', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const target = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(fc.dictionary(name, target), (links) => {
      for (const path of Object.keys(links)) expect(leadsOutside(path, new Map(Object.entries(links)))).toBe(false);
    }),
  );
});

const PLACES = { gitFolder: '/tmp/x/git', objects: '/cache/objects', workTree: '/tmp/x/tree' };
const USERS = {
  PATH: '/bin',
  HOME: '/home/a',
  LC_ALL: 'de_DE.UTF-8',
  GIT_DIR: '/elsewhere',
  GIT_INDEX_FILE: '/elsewhere/index',
  GIT_ATTR_SOURCE: 'HEAD',
  GIT_SSH_COMMAND: 'ssh -i key',
  GIT_CONFIG_COUNT: '0',
  GIT_ASKPASS: '/bin/ask',
};
const OURS = {
  PATH: '/bin',
  GIT_DIR: '/tmp/x/git',
  GIT_OBJECT_DIRECTORY: '/cache/objects',
  GIT_INDEX_FILE: '/tmp/x/git/index',
  GIT_WORK_TREE: '/tmp/x/tree',
  LC_ALL: 'C',
  LANGUAGE: '',
};

test('what git is told of the user', () => {
  expect(connectingEnvironment(USERS, PLACES)).toEqual({
    ...OURS,
    HOME: '/home/a',
    GIT_SSH_COMMAND: 'ssh -i key',
    GIT_CONFIG_COUNT: '0',
    GIT_ASKPASS: '/bin/ask',
    GIT_TERMINAL_PROMPT: '0',
  });
  const nothing = '/tmp/x/git/no-such-file';
  expect(isolatedEnvironment(USERS, PLACES)).toEqual({
    ...OURS,
    HOME: nothing,
    XDG_CONFIG_HOME: nothing,
    GIT_CONFIG_GLOBAL: nothing,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
  });
});
