import { ForkwrightError } from '../errors.ts';
import { findForge, findOwnGitLab, type ForgeProject } from '../upstream/forge.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What git shows a server. */
export interface GitCredentials {
  readonly user: string;
  readonly token: string;
}

/** Where a fork is kept. */
export interface ForkHome {
  /** What git pushes to, without credentials. */
  readonly url: string;
  /** Its project on a GitLab; null for a fork that its recipe names by a URL, of which git is all that is known. */
  readonly project: ForgeProject | null;
  /** For this host; null where git has to find its own. */
  readonly credentials: GitCredentials | null;
}

/**
 * Finds where the fork is that a recipe names: a URL is taken as it is, a path is a project on the organisation's own GitLab.
 * That is the one of `site`, a URL on it, where there is one, else the environment's. The token for that very host goes along.
 * Throws `fork.no-group`, `fork.no-token`, `upstream.bad-setting`.
 */
export function findForkHome(fork: string, site: string | null, env: Environment): ForkHome {
  if (isUrl(fork)) return { url: fork, project: null, credentials: credentialsOf(fork, env) };
  const gitLab = findGitLab(site, env);
  const web = gitLab.href.replace(/\/+$/, '');
  const found = findForge(`${gitLab.origin}/${fork}.git`, env);
  if (found === null || found.kind !== 'gitlab') {
    throw new ForkwrightError('fork.no-group', `${gitLab.host} has no place for a project that is called ${fork}`, {
      place: fork,
      hint: "name the group too, as in {group}/tool; another forge's repository is named by its URL",
    });
  }
  refuseWithoutToken(found, fork);
  const url = `${web}/${fork}.git`;
  return { url, project: { ...found, path: fork }, credentials: { user: 'oauth2', token: found.token } };
}

/** GITLAB_HOST and CI_SERVER_URL can have a path, which the URL of a project does not tell from its groups. */
function findGitLab(site: string | null, env: Environment): URL {
  const own = findOwnGitLab(env);
  const named = site === null ? own : new URL(site);
  return named.host === own.host ? own : new URL(named.origin);
}

function isUrl(fork: string): boolean {
  return fork.includes(':');
}

/** GitLab takes any user with a token, GitHub this one. */
function credentialsOf(url: string, env: Environment): GitCredentials | null {
  if (!/^https?:/.test(url)) return null;
  const forge = findForge(url, env);
  if (forge === null || forge.token === '' || forge.tokenName === 'CI_JOB_TOKEN') return null;
  return { user: forge.kind === 'github' ? 'x-access-token' : 'oauth2', token: forge.token };
}

function refuseWithoutToken({ apiUrl, token, tokenName }: ForgeProject, fork: string): void {
  if (token !== '' && tokenName !== 'CI_JOB_TOKEN') return;
  const { host } = new URL(apiUrl);
  const lack =
    token === '' ? `there is no token for ${host}` : 'CI_JOB_TOKEN can neither make projects nor push to them';
  throw new ForkwrightError('fork.no-token', lack, {
    place: fork,
    hint: `GITLAB_TOKEN is to have one of the group, with the scopes api and write_repository; GITLAB_HOST is to be ${host}`,
  });
}
