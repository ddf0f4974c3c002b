import { ForkwrightError } from '../errors.ts';
import { TransientError, type Pauses } from './retry.ts';

// What goes away by itself: containerd, skopeo and crane each forget some of them.
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 499, 500, 502, 503, 504, 522]);

export interface RequestOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  readonly pauses: Pick<Pauses, 'idleMs'>;
  readonly headers: Readonly<Record<string, string>>;
  /** Statuses besides 2xx that the caller wants to see. */
  readonly accept?: readonly number[];
}

/** An answer whose body ends with a TransientError when the connection is cut or silent too long. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A URL for people: without credentials and without its query, which may hold a signature. */
export function showUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/**
 * Makes one GET request and hands the answer to `use`; when that ends, so does the connection, read to its end or not.
 * Redirects are followed by fetch, which takes no Authorization to another origin. Throws TransientError for what may
 * pass, `download.refused` and `download.not-found` for what will not, what `use` throws, and the signal's reason.
 */
export async function request<T>(
  url: string,
  options: RequestOptions,
  use: (answer: Answer) => Promise<T>,
): Promise<T> {
  const place = showUrl(url);
  const idle = startIdleTimer(options.signal, options.pauses.idleMs);
  try {
    const response = await send(url, options, idle, place);
    if (!response.ok && options.accept?.includes(response.status) !== true) throw judgeStatus(response, place);
    const { status, headers } = response;
    return await use({ status, headers, body: readBody(response, idle, options.signal, place) });
  } finally {
    idle.end();
  }
}

async function send(url: string, options: RequestOptions, idle: IdleTimer, place: string): Promise<Response> {
  try {
    const headers = { 'accept-encoding': 'identity', ...options.headers };
    return await options.fetch(url, { headers, signal: idle.signal });
  } catch (error) {
    options.signal.throwIfAborted();
    throw judgeFailure(error, idle.signal.aborted, place);
  }
}

function judgeFailure(error: unknown, isIdle: boolean, place: string): ForkwrightError {
  const cause = innermost(error);
  if (!isIdle && cause === error) {
    // fetch gives every failure of the network a cause. Without one the request itself is at fault, and the text quotes it.
    const hint = 'check the credentials for this host: a line break is none of their characters';
    return new ForkwrightError('download.refused', 'such a request cannot be made', { place, hint });
  }
  if (cause instanceof Error && 'code' in cause && /CERT|VERIFY_LEAF/.test(String(cause.code))) {
    const hint = "NODE_EXTRA_CA_CERTS names a file with a company's own authorities";
    return new ForkwrightError('download.refused', "the server's certificate is not trusted", { place, hint, cause });
  }
  return new TransientError('no answer', null, place, cause);
}

function judgeStatus(response: Response, place: string): ForkwrightError {
  const text = `the server answered ${response.status} ${response.statusText}`.trim();
  if (TRANSIENT.has(response.status)) return new TransientError(text, readRetryAfter(response.headers), place);
  if (response.status === 404 || response.status === 410) {
    return new ForkwrightError('download.not-found', text, { place, hint: 'check name and version in the recipe' });
  }
  return new ForkwrightError('download.refused', text, { place, hint: 'check the credentials for this host' });
}

/** Specification: RFC 9110, 10.2.3: seconds, or a date, which is seen from the server's own clock. */
function readRetryAfter(headers: Headers): number | null {
  const text = headers.get('retry-after') ?? '';
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.parse(headers.get('date') ?? '');
  return Number.isNaN(waitMs) ? null : Math.max(waitMs, 0);
}

async function* readBody(
  response: Response,
  idle: IdleTimer,
  signal: AbortSignal,
  place: string,
): AsyncGenerator<Uint8Array> {
  idle.reset();
  try {
    for await (const chunk of response.body ?? []) {
      yield chunk;
      idle.reset();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new TransientError('the connection broke', null, place, innermost(error));
  }
}

interface IdleTimer {
  readonly signal: AbortSignal;
  readonly reset: () => void;
  /** Also closes the connection, if it is still open. */
  readonly end: () => void;
}

/** Aborts when nothing has moved for a while: a connection that hangs is as good as none. */
function startIdleTimer(outer: AbortSignal, idleMs: number): IdleTimer {
  const controller = new AbortController();
  const expire = () => controller.abort(new Error(`nothing came for ${idleMs / 1000} s`));
  let timer = setTimeout(expire, idleMs);
  return {
    signal: AbortSignal.any([outer, controller.signal]),
    reset: () => {
      clearTimeout(timer);
      timer = setTimeout(expire, idleMs);
    },
    end: () => {
      clearTimeout(timer);
      controller.abort();
    },
  };
}

/** fetch says "fetch failed"; what failed is in the cause of the cause, or in each address's own error. */
function innermost(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  return error instanceof Error && error.cause !== undefined ? innermost(error.cause) : error;
}
