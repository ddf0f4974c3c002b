import { Octokit } from '@octokit/rest';
import { ForkwrightError, messageOf } from '../errors.ts';
import { hintOf } from '../recipe/nearest.ts';

export interface ReleaseAsset {
  /** `owner/name`. */
  readonly repository: string;
  readonly tag: string;
  readonly asset: string;
}

export interface GitHubDeps {
  /** GITHUB_API_URL for GitHub Enterprise, GITHUB_TOKEN or GH_TOKEN for private repositories and a larger quota. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
}

const PUBLIC_API = 'https://api.github.com';

/**
 * Finds where an asset of a release can be downloaded, and with which headers. With a token it is GitHub's API, which also
 * has private assets; the token goes to the API's host only. Without one a spent quota is no obstacle: the asset's public
 * address is given then, and its hash is checked as ever. Throws `github.no-asset` with the nearest name,
 * `github.not-found`, `github.refused`. Specification: GitHub REST API, "Get a release by tag name".
 */
export async function findReleaseAsset(
  { repository, tag, asset }: ReleaseAsset,
  { env, fetch, signal }: GitHubDeps,
): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }> {
  const token = env['GITHUB_TOKEN'] ?? env['GH_TOKEN'] ?? '';
  const baseUrl = (env['GITHUB_API_URL'] ?? PUBLIC_API).replace(/\/+$/, '');
  const octokit = new Octokit({
    baseUrl,
    ...(token === '' ? {} : { auth: token }),
    request: { fetch, signal },
    log: SILENT,
  });
  const [owner = '', repo = ''] = repository.split('/');
  const place = `${repository} ${tag}`;
  let assets: readonly { readonly name: string; readonly url: string; readonly browser_download_url: string }[];
  try {
    ({ assets } = (await octokit.rest.repos.getReleaseByTag({ owner, repo, tag })).data);
  } catch (error) {
    signal.throwIfAborted();
    const status = statusOf(error);
    if (token === '' && (status === 403 || status === 429)) {
      return { url: publicAddress(baseUrl, { repository, tag, asset }), headers: {} };
    }
    throw describe(error, status, place, token !== '');
  }
  const found = assets.find(({ name }) => name === asset);
  if (found === undefined) {
    const names = assets.map(({ name }) => name);
    throw new ForkwrightError('github.no-asset', `the release has no asset ${JSON.stringify(asset)}`, {
      place,
      hint: hintOf(asset, names),
    });
  }
  if (token === '') return { url: found.browser_download_url, headers: {} };
  return { url: found.url, headers: { accept: 'application/octet-stream', authorization: `Bearer ${token}` } };
}

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function publicAddress(baseUrl: string, { repository, tag, asset }: ReleaseAsset): string {
  const host = baseUrl === PUBLIC_API ? 'https://github.com' : new URL(baseUrl).origin;
  return `${host}/${repository}/releases/download/${encodeURIComponent(tag)}/${encodeURIComponent(asset)}`;
}

function statusOf(error: unknown): number | null {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : null;
}

function describe(error: unknown, status: number | null, place: string, hasToken: boolean): ForkwrightError {
  if (status === 404) {
    const hint = hasToken
      ? 'check repository and tag, and what the token may read'
      : 'check repository and tag; a private one needs GITHUB_TOKEN';
    return new ForkwrightError('github.not-found', 'GitHub has no such release', { place, hint });
  }
  const hint = status === 401 ? 'GITHUB_TOKEN is not valid there' : 'try again later';
  return new ForkwrightError('github.refused', `GitHub did not answer as hoped: ${messageOf(error)}`, { place, hint });
}
