import { expect, test } from 'vitest';
import { findForge, readGitUrl } from '../../src/upstream/forge.ts';

const GITHUB = 'https://github.com/tools/tool.git';
const PLAIN = { kind: 'github', apiUrl: 'https://api.github.com', path: 'tools/tool', token: '', tokenName: '' };

test.each([
  ['https://GitHub.com/tools/tool.git', { host: 'github.com', path: 'tools/tool' }],
  ['git@github.com:tools/tool.git', { host: 'github.com', path: 'tools/tool' }],
  ['ssh://git@git.example.com:2222/a/b/c.git', { host: 'git.example.com', path: 'a/b/c' }],
  ['https://git.example.com:8443/a/b/', { host: 'git.example.com:8443', path: 'a/b' }],
  ['file:///srv/tool', null],
])('host and path of %s', (git, expected) => {
  expect(readGitUrl(git)).toEqual(expected);
});

test.each<[string, Readonly<Record<string, string>>, unknown]>([
  [GITHUB, {}, PLAIN],
  [GITHUB, { GH_TOKEN: 'hush' }, { ...PLAIN, token: 'hush', tokenName: 'GH_TOKEN' }],
  [GITHUB, { GITHUB_TOKEN: 'one', GH_TOKEN: 'two' }, { ...PLAIN, token: 'one', tokenName: 'GITHUB_TOKEN' }],
  // In a job of GitHub Enterprise the token is that server's.
  [GITHUB, { GITHUB_TOKEN: 'hush', GITHUB_API_URL: 'https://git.example.com/api/v3' }, PLAIN],
  [
    'https://git.example.com/tools/tool',
    { GITHUB_TOKEN: 'hush', GITHUB_API_URL: 'https://git.example.com/api/v3/' },
    { ...PLAIN, apiUrl: 'https://git.example.com/api/v3', token: 'hush', tokenName: 'GITHUB_TOKEN' },
  ],
  [
    GITHUB,
    { GITHUB_TOKEN: 'hush', GITHUB_API_URL: 'https://mirror.example.com/github' },
    { ...PLAIN, apiUrl: 'https://mirror.example.com/github', token: 'hush', tokenName: 'GITHUB_TOKEN' },
  ],
  [
    'git@ghe.example.com:tools/tool.git',
    { GITHUB_TOKEN: 'other', GH_HOST: 'ghe.example.com', GH_ENTERPRISE_TOKEN: 'hush' },
    { ...PLAIN, apiUrl: 'https://ghe.example.com/api/v3', token: 'hush', tokenName: 'GH_ENTERPRISE_TOKEN' },
  ],
  [
    'https://github.example.com/tools/tool',
    { GITHUB_TOKEN: 'hush' },
    { ...PLAIN, apiUrl: 'https://github.example.com/api/v3' },
  ],
  [
    'https://gitlab.com/a/b/c.git',
    { GITLAB_TOKEN: 'hush' },
    { kind: 'gitlab', apiUrl: 'https://gitlab.com/api/v4', path: 'a/b/c', token: 'hush', tokenName: 'GITLAB_TOKEN' },
  ],
  // The token of a job's own server does not go to gitlab.com.
  [
    'https://gitlab.com/a/b.git',
    { GITLAB_TOKEN: 'hush', CI_SERVER_URL: 'https://git.example.com', CI_JOB_TOKEN: 'job' },
    { kind: 'gitlab', apiUrl: 'https://gitlab.com/api/v4', path: 'a/b', token: '', tokenName: '' },
  ],
  [
    'https://git.example.com/a/b.git',
    { CI_SERVER_URL: 'https://git.example.com', CI_JOB_TOKEN: 'job' },
    { kind: 'gitlab', apiUrl: 'https://git.example.com/api/v4', path: 'a/b', token: 'job', tokenName: 'CI_JOB_TOKEN' },
  ],
  [
    'https://git.example.com/a/b.git',
    { CI_SERVER_URL: 'https://git.example.com', CI_JOB_TOKEN: 'job', GITLAB_HOST: 'gitlab.com', GITLAB_TOKEN: 'hush' },
    { kind: 'gitlab', apiUrl: 'https://git.example.com/api/v4', path: 'a/b', token: 'job', tokenName: 'CI_JOB_TOKEN' },
  ],
  ['https://git.sr.ht/~a/b', { GITHUB_TOKEN: 'hush', GITLAB_TOKEN: 'hush' }, null],
  ['https://github.com/tools', {}, null],
])('%s with %o', (git, env, expected) => {
  expect(findForge(git, env)).toEqual(expected);
});

test.each([
  [{ GITHUB_TOKEN: 'a\nb' }, 'the token has characters that none has', 'check GITHUB_TOKEN for spaces and line breaks'],
  [
    { GITHUB_API_URL: 'http://a b' },
    'GITHUB_API_URL is "http://a b", which is not an address',
    'like https://git.example.com',
  ],
])('a setting that is none: %o', (env, message, hint) => {
  expect(() => findForge(GITHUB, env)).toThrow(
    expect.objectContaining({ code: 'upstream.bad-setting', message, hint }),
  );
});
