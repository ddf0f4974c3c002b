import { createHash } from 'node:crypto';
import { ForkwrightError, messageOf } from '../errors.ts';
import { retry, TransientError, type Pauses } from '../http/retry.ts';
import { showUrl } from '../http/show-url.ts';
import { readText } from '../http/read-text.ts';
import { innermostCause, isTransientStatus, readRetryAfter } from '../http/transient.ts';
import { answerFile, keepAnswer, readAnswer, type KeptAnswer } from './answer-cache.ts';
import type { HostLimit } from './host-limit.ts';

export interface PoliteDeps {
  readonly fetch: typeof globalThis.fetch;
  /** Absolute. */
  readonly cacheFolder: string;
  readonly limit: HostLimit;
  readonly pauses: Pick<Pauses, 'random' | 'sleep'>;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** How long one answer may take. */
  readonly timeoutMs: number;
}

/** A pause that is longer is not waited for: what is asked is unknown then. */
const LONGEST_WAIT_MS = 15_000;
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** What of an answer is needed again: pages follow from `link`. */
const KEPT_HEADERS = ['content-type', 'link', 'etag'];

/**
 * Gives a fetch for GETs that spares its servers. What was answered once is asked for by its ETag, and a 304 becomes the
 * kept answer, so that whoever calls never sees one. Only so many requests go to a host at a time. What may pass is tried
 * again, here and nowhere else. When a quota is spent, or a host is out of reach, no other request of this run goes there.
 * Throws `upstream.quota` with when it comes back, `upstream.no-answer`, `upstream.server-error` and `upstream.bad-answer`. Specifications: RFC 9110, conditional requests
 * and Retry-After; GitHub REST API, "Best practices" and "Rate limits"; GitLab, "Rate limits".
 */
export function createPoliteFetch(deps: PoliteDeps): typeof globalThis.fetch {
  const { limit, pauses, signal } = deps;
  const givenUp = new Map<string, ForkwrightError>();
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init.headers);
    const authorization = tokenHash(headers);
    const key = `${url.host} ${authorization}`;
    return limit(url.host, async () => {
      const failed = givenUp.get(key) ?? givenUp.get(url.host);
      if (failed !== undefined) throw failed;
      const file = answerFile(deps.cacheFolder, url.href, authorization);
      const kept = await readAnswer(file);
      if (kept !== null) headers.set('if-none-match', kept.etag);
      try {
        return await retry(() => ask(url, { ...init, headers }, file, kept, deps), pauses, signal);
      } catch (error) {
        if (error instanceof ForkwrightError) {
          if (error.code === 'upstream.quota') givenUp.set(key, error);
          if (error.code === 'upstream.no-answer') givenUp.set(url.host, error);
        }
        throw error;
      }
    });
  };
}

function tokenHash(headers: Headers): string {
  const shown = [headers.get('authorization') ?? '', headers.get('job-token') ?? ''].join('\n');
  return shown === '\n' ? '' : createHash('sha256').update(shown).digest('hex');
}

async function ask(
  url: URL,
  init: RequestInit,
  file: string,
  kept: KeptAnswer | null,
  deps: PoliteDeps,
): Promise<Response> {
  const { response, body } = await exchange(url, init, deps);
  const { status, headers } = response;
  if (status === 304 && kept !== null) return new Response(kept.body, { status: 200, headers: kept.headers });
  refuseQuota(url, response, deps.nowMs());
  if (isTransientStatus(status)) {
    const waitMs = readRetryAfter((name) => headers.get(name));
    const [text, place] = [`${url.host} answered ${status}`, showUrl(url)];
    if (waitMs !== null && waitMs > LONGEST_WAIT_MS)
      throw new ForkwrightError('upstream.server-error', text, { place });
    throw new TransientError('upstream.server-error', text, { place, waitMs });
  }
  const etag = headers.get('etag') ?? '';
  if (status === 200 && etag !== '') await keepAnswer(file, { etag, headers: pick(headers), body });
  const hasBody = status >= 200 && status !== 204 && status !== 205 && status !== 304;
  return new Response(hasBody ? body : null, { status, headers: response.headers });
}

async function exchange(url: URL, init: RequestInit, deps: PoliteDeps) {
  const place = showUrl(url);
  const timeout = AbortSignal.timeout(deps.timeoutMs);
  try {
    const response = await deps.fetch(url.href, { ...init, signal: AbortSignal.any([deps.signal, timeout]) });
    const body = await readText(response, MAX_BODY_BYTES);
    if (body !== null) return { response, body };
  } catch (error) {
    deps.signal.throwIfAborted();
    if (timeout.aborted) {
      // It had its time: another try would have everybody wait as long again.
      const text = `${url.host} did not answer within ${deps.timeoutMs / 1000} s`;
      throw new ForkwrightError('upstream.no-answer', text, { place });
    }
    const cause = innermostCause(error);
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : messageOf(cause);
    const text = `${url.host} cannot be reached (${reason})`;
    // A name that is not known now is not known in a second either.
    if (reason === 'ENOTFOUND') throw new ForkwrightError('upstream.no-answer', text, { place });
    throw new TransientError('upstream.no-answer', text, { place });
  }
  throw new ForkwrightError('upstream.bad-answer', `${url.host} answered with far too much`, { place });
}

/**
 * GitHub says 403 or 429 with no requests remaining, or with Retry-After where it was too much at once; GitLab 429 with
 * the same under other names. A 403 without any of these is about permissions.
 */
function refuseQuota(url: URL, { status, headers }: Response, nowMs: number): void {
  if (status !== 403 && status !== 429) return;
  const header = (name: string) => headers.get(`x-${name}`) ?? headers.get(name) ?? '';
  const waitMs = readRetryAfter((name) => headers.get(name));
  const isSpent = header('ratelimit-remaining') === '0';
  if (waitMs !== null && waitMs <= LONGEST_WAIT_MS && !isSpent) {
    throw new TransientError('upstream.server-error', `${url.host} answered ${status}`, {
      place: showUrl(url),
      waitMs,
    });
  }
  if (!isSpent && waitMs === null) return;
  const reset = Number(header('ratelimit-reset'));
  const backMs = reset > 0 && Number.isFinite(reset) ? reset * 1000 : waitMs === null ? null : nowMs + waitMs;
  const back = backMs === null || backMs > MAX_DATE_MS ? '' : `; it comes back at ${isoMinute(backMs)}`;
  throw new ForkwrightError('upstream.quota', `the quota of requests to ${url.host} is spent${back}`, {
    place: showUrl(url),
    hint: 'a token has a larger one: GITHUB_TOKEN for GitHub, GITLAB_TOKEN for GitLab',
  });
}

const MAX_DATE_MS = 8.64e15;

function isoMinute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}

function pick(headers: Headers): Readonly<Record<string, string>> {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => (headers.has(name) ? [[name, headers.get(name) ?? '']] : [])),
  );
}
