import { ForkwrightError } from '../errors.ts';
import { TransientError } from './retry.ts';

// What goes away by itself: containerd, skopeo and crane each forget some of them.
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 499, 500, 502, 503, 504, 522]);
const IDLE_MS = 30_000;
const LONGEST_WAIT_MS = 120_000;

export interface RequestOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  readonly headers: Readonly<Record<string, string>>;
  /** Statuses besides 2xx that the caller wants to see. */
  readonly accept?: readonly number[];
}

/** An answer whose body ends with an error when the connection is cut or idle too long. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: () => AsyncGenerator<Uint8Array>;
}

/** A URL for people: without credentials and without its query, which may hold a signature. */
export function showUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/**
 * Makes one GET request. Redirects are followed by fetch, which takes no Authorization to another origin. Throws
 * TransientError for what may pass, `download.refused` and `download.not-found` for what will not.
 */
export async function request(url: string, options: RequestOptions): Promise<Answer> {
  const place = showUrl(url);
  const idle = startIdleTimer(options.signal);
  let response: Response;
  try {
    response = await options.fetch(url, {
      headers: { 'accept-encoding': 'identity', ...options.headers },
      signal: idle.signal,
    });
  } catch (error) {
    idle.stop();
    options.signal.throwIfAborted();
    throw new TransientError('no answer', null, place, innermost(error));
  }
  idle.reset();
  if (response.ok || options.accept?.includes(response.status) === true) {
    return {
      status: response.status,
      headers: response.headers,
      body: () => readBody(response, idle, options.signal, place),
    };
  }
  idle.stop();
  await response.body?.cancel();
  throw judgeStatus(response, place);
}

function judgeStatus(response: Response, place: string): ForkwrightError {
  const text = `the server answered ${response.status} ${response.statusText}`.trim();
  if (TRANSIENT.has(response.status)) return new TransientError(text, readRetryAfter(response.headers), place);
  if (response.status === 404 || response.status === 410) {
    return new ForkwrightError('download.not-found', text, { place, hint: 'check name and version in the recipe' });
  }
  return new ForkwrightError('download.refused', text, { place, hint: 'check the credentials for this host' });
}

/** Specification: RFC 9110, 10.2.3: seconds or a date. A wait of more than two minutes is not waited out. */
function readRetryAfter(headers: Headers): number | null {
  const text = headers.get('retry-after');
  if (text === null) return null;
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), LONGEST_WAIT_MS);
}

async function* readBody(
  response: Response,
  idle: IdleTimer,
  signal: AbortSignal,
  place: string,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body ?? []) {
      idle.reset();
      yield chunk;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new TransientError('the connection broke', null, place, innermost(error));
  } finally {
    idle.stop();
  }
}

interface IdleTimer {
  readonly signal: AbortSignal;
  readonly reset: () => void;
  readonly stop: () => void;
}

/** Aborts when nothing has moved for half a minute: a connection that hangs is as good as none. */
function startIdleTimer(outer: AbortSignal): IdleTimer {
  const controller = new AbortController();
  const expire = () => controller.abort(new Error(`nothing came for ${IDLE_MS / 1000} s`));
  let timer = setTimeout(expire, IDLE_MS);
  return {
    signal: AbortSignal.any([outer, controller.signal]),
    reset: () => {
      clearTimeout(timer);
      timer = setTimeout(expire, IDLE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

/** fetch says "fetch failed"; what failed is in the cause of the cause. */
function innermost(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? innermost(error.cause) : error;
}
