import { ForkwrightError } from '../errors.ts';
import { TransientError, type Pauses, type TransientDetails } from '../http/retry.ts';
import { showUrl } from '../http/show-url.ts';
import { innermostCause, isCertificateError, isTransientStatus, readRetryAfter } from '../http/transient.ts';

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
  const cause = innermostCause(error);
  if (!isIdle && cause === error) {
    // fetch gives every failure of the network a cause. Without one the request itself is at fault, and the text quotes it.
    const hint = 'check the credentials for this host: a line break is none of their characters';
    return new ForkwrightError('download.refused', 'such a request cannot be made', { place, hint });
  }
  if (isCertificateError(cause)) {
    const hint = "NODE_EXTRA_CA_CERTS names a file with a company's own authorities";
    return new ForkwrightError('download.refused', "the server's certificate is not trusted", { place, hint, cause });
  }
  return passing('no answer', place, { cause });
}

/** A failure that may pass. */
export function passing(
  text: string,
  place: string,
  details: Pick<TransientDetails, 'waitMs' | 'cause'> = {},
): TransientError {
  const hint = 'check the network and the proxy, or try again later; what has arrived is kept';
  return new TransientError('download.failed', text, { place, hint, ...details });
}

function judgeStatus(response: Response, place: string): ForkwrightError {
  const text = `the server answered ${response.status} ${response.statusText}`.trim();
  if (isTransientStatus(response.status)) {
    return passing(text, place, { waitMs: readRetryAfter((name) => response.headers.get(name)) });
  }
  if (response.status === 404 || response.status === 410) {
    return new ForkwrightError('download.not-found', text, { place, hint: 'check name and version in the recipe' });
  }
  return new ForkwrightError('download.refused', text, { place, hint: 'check the credentials for this host' });
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
    throw passing('the connection broke', place, { cause: innermostCause(error) });
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
