import { ForkwrightError } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A project on a forge whose API is known. */
export interface ForgeProject {
  readonly kind: 'github' | 'gitlab';
  /** Without a slash at the end: `https://api.github.com`, `https://gitlab.example.com/api/v4`. */
  readonly apiUrl: string;
  /** `owner/name`; on GitLab with all groups. */
  readonly path: string;
  /** A token for this host; '' where there is none. */
  readonly token: string;
  /** The environment's variable that has it; '' where there is none. */
  readonly tokenName: string;
}

interface ForgeHost {
  readonly kind: 'github' | 'gitlab';
  readonly apiUrl: string;
  readonly tokenNames: readonly string[];
}

const GITHUB = new URL('https://github.com').host;
const GITHUB_API = 'https://api.github.com';

/** Gives host (with its port) and path of a git URL, also of ssh's short form; null where it has no host. */
export function readGitUrl(git: string): { readonly host: string; readonly path: string } | null {
  const [, short = '', rest = ''] = /^[\w.-]+@([\w.-]+):(?!\/\/)(.+)$/.exec(git) ?? [];
  if (short === '' && !URL.canParse(git)) return null;
  const url = short === '' ? new URL(git) : null;
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  // The port of ssh says nothing about the API's.
  const host = (url === null ? short : isWeb ? url.host : url.hostname).toLowerCase();
  const path = (url === null ? rest : url.pathname).replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  return host === '' ? null : { host, path };
}

/**
 * Finds the API of the forge that a git repository is on, with the token that the environment has for that very host; null
 * where it is none that is known. Known are github.com and gitlab.com, the hosts that GITHUB_SERVER_URL, GITHUB_API_URL,
 * GH_HOST, CI_SERVER_URL and GITLAB_HOST name, and, without a token, hosts that are called `github.*` or `gitlab.*`.
 * Throws `upstream.bad-setting` for an address of these that is none, and for a token that cannot be sent.
 */
export function findForge(git: string, env: Environment): ForgeProject | null {
  const url = readGitUrl(git);
  if (url === null || !/^[^/]+\/[^/]/.test(url.path)) return null;
  const host = knownHosts(env).get(url.host) ?? guessHost(url.host);
  if (host === null) return null;
  if (host.kind === 'github' && url.path.split('/').length !== 2) return null;
  const tokenName = host.tokenNames.find((name) => (env[name] ?? '').trim() !== '') ?? '';
  const token = (env[tokenName] ?? '').trim();
  // What cannot be a header would be quoted in the error about it.
  if (!/^[\x21-\x7e]*$/.test(token)) {
    const hint = `check ${tokenName} for spaces and line breaks`;
    throw new ForkwrightError('upstream.bad-setting', 'the token has characters that none has', {
      place: tokenName,
      hint,
    });
  }
  return { kind: host.kind, apiUrl: host.apiUrl, path: url.path, token, tokenName };
}

/**
 * Gives the address of the GitLab that a project's path alone is a path on: GITLAB_HOST's, else CI_SERVER_URL's, else
 * gitlab.com. Throws `upstream.bad-setting`.
 */
export function findOwnGitLab(env: Environment): URL {
  return readUrl(env, 'GITLAB_HOST') ?? readUrl(env, 'CI_SERVER_URL') ?? new URL('https://gitlab.com');
}

/** Later ones win. */
function knownHosts(env: Environment): ReadonlyMap<string, ForgeHost> {
  const hosts = new Map<string, ForgeHost>();
  const add = (host: string, kind: ForgeHost['kind'], apiUrl: string, tokenNames: readonly string[]) =>
    hosts.set(host, { kind, apiUrl, tokenNames });
  const api = readUrl(env, 'GITHUB_API_URL') ?? new URL(GITHUB_API);
  const apiUrl = api.href.replace(/\/+$/, '');
  // GitHub Enterprise has its API below its own host; any other address is GitHub's own API, reached in another way.
  const isEnterprise = apiUrl.endsWith('/api/v3');
  const server = readUrl(env, 'GITHUB_SERVER_URL')?.host ?? (isEnterprise ? api.host : GITHUB);
  const ci = readUrl(env, 'CI_SERVER_URL');
  const ownGitLab = findOwnGitLab(env);
  add(GITHUB, 'github', GITHUB_API, []);
  add('gitlab.com', 'gitlab', 'https://gitlab.com/api/v4', []);
  const enterprise = readUrl(env, 'GH_HOST');
  if (enterprise !== null && enterprise.host !== GITHUB) {
    const tokens = ['GH_ENTERPRISE_TOKEN', 'GITHUB_ENTERPRISE_TOKEN'];
    add(enterprise.host, 'github', `${enterprise.origin}/api/v3`, tokens);
  }
  add(server, 'github', apiUrl, ['GITHUB_TOKEN', 'GH_TOKEN']);
  const jobToken = ['CI_JOB_TOKEN'];
  if (ci !== null) add(ci.host, 'gitlab', apiOf(ci), jobToken);
  add(ownGitLab.host, 'gitlab', apiOf(ownGitLab), ['GITLAB_TOKEN', ...(ownGitLab.host === ci?.host ? jobToken : [])]);
  return hosts;
}

function apiOf(url: URL): string {
  return `${url.href.replace(/\/+$/, '')}/api/v4`;
}

function guessHost(host: string): ForgeHost | null {
  if (host.startsWith('gitlab.')) return { kind: 'gitlab', apiUrl: `https://${host}/api/v4`, tokenNames: [] };
  if (host.startsWith('github.')) return { kind: 'github', apiUrl: `https://${host}/api/v3`, tokenNames: [] };
  return null;
}

/** A host alone is one with https. */
function readUrl(env: Environment, name: string): URL | null {
  const text = (env[name] ?? '').trim();
  if (text === '') return null;
  const url = /^https?:\/\//.test(text) ? text : `https://${text}`;
  if (URL.canParse(url)) return new URL(url);
  throw new ForkwrightError('upstream.bad-setting', `${name} is ${JSON.stringify(text)}, which is not an address`, {
    place: name,
    hint: 'like https://git.example.com',
  });
}
