import { expect, test } from 'vitest';
import { findProposeProject } from '../../src/cli/propose/project.ts';

type Environment = Readonly<Record<string, string>>;

test.each<[string | null, Environment, string, string]>([
  ['repos/forks', {}, 'https://gitlab.com/api/v4 repos/forks', ''],
  ['repos/forks', { GITLAB_TOKEN: 'x' }, 'https://gitlab.com/api/v4 repos/forks', 'GITLAB_TOKEN'],
  [
    'repos/forks',
    { GITLAB_HOST: 'git.example.com', GITLAB_TOKEN: 'x' },
    'https://git.example.com/api/v4 repos/forks',
    'GITLAB_TOKEN',
  ],
  [
    null,
    { CI_SERVER_URL: 'https://git.example.com', CI_PROJECT_PATH: 'a/b', CI_JOB_TOKEN: 'x' },
    'https://git.example.com/api/v4 a/b',
    'CI_JOB_TOKEN',
  ],
  // A token goes to its own host only.
  [
    'https://other.example.com/a/b',
    { GITLAB_HOST: 'git.example.com', GITLAB_TOKEN: 'x' },
    'https://other.example.com/api/v4 a/b',
    '',
  ],
])('%s with %j', (project, env, address, tokenName) => {
  const found = findProposeProject({ project }, env);
  expect([`${found?.apiUrl} ${found?.path}`, found?.tokenName]).toEqual([address, tokenName]);
});

test('nothing names a project', () => {
  expect(findProposeProject({ project: null }, {})).toBe(null);
});

test('a project elsewhere is an error', () => {
  expect(() => findProposeProject({ project: 'https://github.com/a/b' }, {})).toThrow(
    'https://github.com/a/b is not on a GitLab',
  );
});
