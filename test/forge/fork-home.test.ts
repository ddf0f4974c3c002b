import { expect, test } from 'vitest';
import { addHelper } from '../../src/forge/fork-git.ts';
import { findForkHome, type ForkHome } from '../../src/forge/fork-home.ts';
import { ForkwrightError } from '../../src/errors.ts';

const GITLAB = { GITLAB_HOST: 'git.example.com', GITLAB_TOKEN: 'secret', GITHUB_TOKEN: 'hub' };

const HOMES: readonly (readonly [
  string,
  string | null,
  Readonly<Record<string, string>>,
  Omit<ForkHome, 'project'> & { readonly project: object | null },
])[] = [
  [
    'releng/tool',
    null,
    GITLAB,
    {
      url: 'https://git.example.com/releng/tool.git',
      project: { apiUrl: 'https://git.example.com/api/v4', path: 'releng/tool', tokenName: 'GITLAB_TOKEN' },
      credentials: { user: 'oauth2', token: 'secret' },
    },
  ],
  [
    'releng/tool',
    null,
    { GITLAB_HOST: 'https://example.com:8443/gitlab/', GITLAB_TOKEN: 'secret' },
    {
      url: 'https://example.com:8443/gitlab/releng/tool.git',
      project: { apiUrl: 'https://example.com:8443/gitlab/api/v4', path: 'releng/tool' },
      credentials: { user: 'oauth2', token: 'secret' },
    },
  ],
  [
    'releng/tool',
    'https://git.example.com/releng/recipes',
    { GITLAB_HOST: 'git.example.com', CI_SERVER_URL: 'https://ci.example.com', GITLAB_TOKEN: 'secret' },
    {
      url: 'https://git.example.com/releng/tool.git',
      project: { apiUrl: 'https://git.example.com/api/v4' },
      credentials: { user: 'oauth2', token: 'secret' },
    },
  ],
  // A URL is git's alone; a token goes along for its own host.
  [
    'https://github.com/releng/tool.git',
    null,
    GITLAB,
    {
      url: 'https://github.com/releng/tool.git',
      project: null,
      credentials: { user: 'x-access-token', token: 'hub' },
    },
  ],
  [
    'https://elsewhere.example.com/releng/tool.git',
    null,
    GITLAB,
    { url: 'https://elsewhere.example.com/releng/tool.git', project: null, credentials: null },
  ],
  [
    'git@git.example.com:releng/tool.git',
    null,
    GITLAB,
    { url: 'git@git.example.com:releng/tool.git', project: null, credentials: null },
  ],
];

test.each(HOMES)('%s with the site %s is found', (fork, site, env, home) => {
  expect(findForkHome(fork, site, env)).toMatchObject(home);
});

test.each([
  ['releng/tool', null, {}, 'fork.no-token', 'there is no token for gitlab.com'],
  [
    'releng/tool',
    null,
    { CI_SERVER_URL: 'https://git.example.com', CI_JOB_TOKEN: 'job' },
    'fork.no-token',
    'CI_JOB_TOKEN can neither make projects nor push to them',
  ],
  // The token is for another host than the one that forkwright.yaml names.
  [
    'releng/tool',
    'https://evil.example.com/x/y',
    GITLAB,
    'fork.no-group',
    'evil.example.com has no place for a project that is called releng/tool',
  ],
  [
    'releng/tool',
    'https://gitlab.evil.example/x/y',
    GITLAB,
    'fork.no-token',
    'there is no token for gitlab.evil.example',
  ],
  ['tool', null, GITLAB, 'fork.no-group', 'git.example.com has no place for a project that is called tool'],
] as const)('%s with the site %s and %j is refused', (fork, site, env, code, text) => {
  const find = () => findForkHome(fork, site, env);
  expect(find).toThrow(ForkwrightError);
  expect(find).toThrow(expect.objectContaining({ code, message: text }));
});

test('a credential helper is added behind what the environment configures, and is the only one for its host', () => {
  const before = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.proxy', GIT_CONFIG_VALUE_0: 'http://proxy' };
  const env = addHelper(before, 'https://git.example.com', { user: 'oauth2', token: 'secret' });
  const { GIT_CONFIG_VALUE_2: helper = '', ...rest } = env;
  expect(rest).toEqual({
    ...before,
    GIT_CONFIG_COUNT: '3',
    GIT_CONFIG_KEY_1: 'credential.https://git.example.com.helper',
    GIT_CONFIG_VALUE_1: '',
    GIT_CONFIG_KEY_2: 'credential.https://git.example.com.helper',
    FORKWRIGHT_GIT_USER: 'oauth2',
    FORKWRIGHT_GIT_TOKEN: 'secret',
  });
  expect(helper).not.toContain('secret');
});
