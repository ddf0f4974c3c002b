import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ForkwrightError } from '../errors.ts';
import type { RunProgram } from '../process/run.ts';
import { gitTools, type GitToolDeps, type GitTools } from '../upstream/git-tools.ts';
import type { ForkHome, GitCredentials } from './fork-home.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const USER = 'FORKWRIGHT_GIT_USER';
const TOKEN = 'FORKWRIGHT_GIT_TOKEN';
// git hands it the action as the last word: get, store or erase. gitcredentials(7).
const HELPER = `!f() { test "$1" != get || printf 'username=%s\\npassword=%s\\n' "$${USER}" "$${TOKEN}"; }; f`;

/**
 * Gives git for a fork: a bare repository at `folder` (absolute; null where none is needed) that talks to the fork's own
 * server with the token. The token is in the environment alone: on no command line, in no file, and in no text of an error.
 */
export function forkGit(folder: string | null, home: ForkHome, deps: GitToolDeps): GitTools {
  const place = folder ?? join(tmpdir(), 'forkwright-no-repository');
  return gitTools(place, folder ?? tmpdir(), withCredentials(home, deps));
}

function withCredentials({ url, credentials }: ForkHome, deps: GitToolDeps): GitToolDeps {
  if (credentials === null) return deps;
  const { user, token } = credentials;
  const secrets = [token, Buffer.from(`${user}:${token}`).toString('base64')];
  const run: RunProgram = (argv, options) => deps.run(argv, { ...options, secrets });
  return { ...deps, run, env: addHelper(deps.env, new URL(url).origin, credentials) };
}

/**
 * Adds a credential helper for one origin to git's configuration in the environment. An empty helper first: those of the
 * user would be asked before ours, and be told the token to keep it. Specification: git-config(1), GIT_CONFIG_COUNT.
 */
export function addHelper(env: Environment, origin: string, { user, token }: GitCredentials): Environment {
  const before = env['GIT_CONFIG_COUNT'] ?? '';
  if (!/^\d*$/.test(before)) {
    throw new ForkwrightError('fork.bad-setting', 'GIT_CONFIG_COUNT is not a number', { place: 'GIT_CONFIG_COUNT' });
  }
  const count = Number(before);
  const key = `credential.${origin}.helper`;
  return {
    ...env,
    GIT_CONFIG_COUNT: String(count + 2),
    [`GIT_CONFIG_KEY_${count}`]: key,
    [`GIT_CONFIG_VALUE_${count}`]: '',
    [`GIT_CONFIG_KEY_${count + 1}`]: key,
    [`GIT_CONFIG_VALUE_${count + 1}`]: HELPER,
    [USER]: user,
    [TOKEN]: token,
  };
}
