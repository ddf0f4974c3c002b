import { Octokit } from '@octokit/rest';
import * as z from 'zod';
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

/** What is read of a release; a proxy may answer with anything. */
const releaseSchema = z.object({
  assets: z.array(z.object({ name: z.string(), url: z.url(), browser_download_url: z.url() })),
});

/**
 * Finds where an asset of a release can be downloaded, and with which headers. With a token it is GitHub's API, which also
 * has private assets; the token goes to the API's origin only. Without one an API that does not answer (its quota is soon
 * spent) is no obstacle: the asset's public address is given then, and its hash is checked as ever. Throws
 * `github.no-asset` with the nearest name, `github.not-found`, `github.refused`, and the signal's reason.
 * Specification: GitHub REST API, "Get a release by tag name" and "Get a release asset".
 */
export async function findReleaseAsset(
  wanted: ReleaseAsset,
  { env, fetch, signal }: GitHubDeps,
): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }> {
  const token = (env['GITHUB_TOKEN'] || env['GH_TOKEN'] || '').trim();
  const baseUrl = (env['GITHUB_API_URL'] || PUBLIC_API).replace(/\/+$/, '');
  const { repository, tag, asset } = wanted;
  const place = `${repository} ${tag}`;
  if (!URL.canParse(baseUrl)) {
    const text = `GITHUB_API_URL is ${JSON.stringify(baseUrl)}, which is not a URL`;
    throw new ForkwrightError('github.refused', text, { place, hint: `GitHub's own is ${PUBLIC_API}` });
  }
  // What cannot be a header would be quoted in the error about it.
  if (!/^[\x21-\x7e]*$/.test(token)) {
    const hint = 'check GITHUB_TOKEN, or GH_TOKEN, for spaces and line breaks';
    throw new ForkwrightError('github.refused', 'the token has characters that none has', { place, hint });
  }
  const octokit = new Octokit({
    baseUrl,
    ...(token === '' ? {} : { auth: token }),
    request: { fetch, signal },
    log: SILENT,
  });
  const [owner = '', repo = ''] = repository.split('/');
  let answer: unknown;
  try {
    answer = (await octokit.rest.repos.getReleaseByTag({ owner, repo, tag })).data;
  } catch (error) {
    signal.throwIfAborted();
    const status = statusOf(error);
    if (token === '' && status !== 404) return { url: publicAddress(baseUrl, wanted), headers: {} };
    throw describe(error, status, place, token !== '');
  }
  signal.throwIfAborted();
  const release = releaseSchema.safeParse(answer);
  if (!release.success) {
    const hint = `check GITHUB_API_URL and the proxy: ${baseUrl} was asked`;
    throw new ForkwrightError('github.refused', 'what answered is not the API of GitHub', { place, hint });
  }
  const { assets } = release.data;
  const found = assets.find(({ name }) => name === asset);
  if (found === undefined) {
    const names = assets.map(({ name }) => name);
    const text = `the release has no asset ${JSON.stringify(asset)}`;
    throw new ForkwrightError('github.no-asset', text, { place, hint: hintOf(asset, names) });
  }
  if (token === '') return { url: found.browser_download_url, headers: {} };
  if (new URL(found.url).origin !== new URL(baseUrl).origin) {
    const text = `GitHub says that the asset is at ${found.url}, where the token may not go`;
    throw new ForkwrightError('github.refused', text, { place, hint: `check GITHUB_API_URL: it is ${baseUrl}` });
  }
  return { url: found.url, headers: { accept: 'application/octet-stream', authorization: `Bearer ${token}` } };
}

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function publicAddress(baseUrl: string, { repository, tag, asset }: ReleaseAsset): string {
  const origin = baseUrl === PUBLIC_API ? 'https://github.com' : new URL(baseUrl).origin;
  return `${origin}/${repository}/releases/download/${encodeURIComponent(tag)}/${encodeURIComponent(asset)}`;
}

/** Octokit says 500 for what never reached the server. */
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
  const hint = status === 401 ? 'the token in GITHUB_TOKEN is not valid there' : 'try again later';
  return new ForkwrightError('github.refused', `GitHub did not answer as hoped: ${messageOf(error)}`, { place, hint });
}
