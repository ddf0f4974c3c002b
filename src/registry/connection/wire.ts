import http from 'node:http';
import https from 'node:https';
import { bareHost } from '../../http/proxies.ts';
import { proxyHeaders, type Way } from './agents.ts';
import { readBody, takeBody } from './answer-body.ts';
import { sendBody, type RequestBody } from './request-body.ts';
import type { Timeouts } from './timeouts.ts';
import { WireError } from './wire-error.ts';
import { startTimer, type WireTimer } from './wire-timer.ts';

export interface WireRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody | null;
}

export interface WireOptions {
  readonly way: Way;
  readonly timeouts: Timeouts;
  readonly signal: AbortSignal;
}

/** An answer whose body must be read to its end, or closed. */
export interface WireAnswer {
  readonly status: number;
  /** Null where there is no such header. The name is in lower case. */
  readonly header: (name: string) => string | null;
  /** Throws WireError where the connection is lost or silent. */
  readonly body: AsyncIterable<Uint8Array>;
  /**
   * Gives the body as it comes, as fast as it comes, instead of `body`; for what is done with it at once. Throws what
   * `take` throws, and as `body`.
   */
  readonly takeBody: (take: (chunk: Uint8Array) => void) => Promise<void>;
  /** Gives the connection up, unless the body has been read to its end. */
  readonly close: () => void;
}

/**
 * Makes one request and gives its answer, whatever its status. Redirects are not followed. Where the answer comes before the
 * body is out, the rest of it is not sent. Throws WireError, what the body throws, `BodyLengthError`, and
 * the signal's reason.
 */
export async function sendRequest(request: WireRequest, options: WireOptions): Promise<WireAnswer> {
  const open = openRequest(request, options);
  try {
    if (request.body === null) open.outgoing.end();
    // The race also hears what the loser throws.
    else await Promise.race([open.sendBody(request.body), open.answer]);
    return await open.answer;
  } catch (error) {
    open.outgoing.destroy();
    options.signal.throwIfAborted();
    throw error;
  }
}

/** A request whose headers go out, and which waits for its body. */
export interface OpenRequest {
  readonly outgoing: http.ClientRequest;
  /** Throws WireError. */
  readonly answer: Promise<WireAnswer>;
  /** Ends early where an answer comes early. Throws what the body throws, and `BodyLengthError`. */
  readonly sendBody: (body: RequestBody) => Promise<void>;
  /** Lets it wait, however long. */
  readonly hold: () => void;
}

/** Opens a request. Whoever does that ends or destroys `outgoing`. */
export function openRequest(request: WireRequest, options: WireOptions): OpenRequest {
  const outgoing = startRequest(request, options);
  const timer = startTimer(outgoing, options.timeouts);
  const abort = () => outgoing.destroy(asError(options.signal.reason));
  options.signal.addEventListener('abort', abort, { once: true });
  outgoing.once('close', () => {
    timer.stop();
    options.signal.removeEventListener('abort', abort);
  });
  const answer = new Promise<WireAnswer>((resolve, reject) => {
    outgoing.once('response', (incoming) => resolve(readAnswer(incoming, outgoing, timer)));
    // It stays: an error may come after the answer, too.
    outgoing.on('error', (error) => reject(new WireError(error)));
  });
  // Nobody may be waiting yet, or any more.
  answer.catch(() => undefined);
  return { outgoing, answer, sendBody: (body) => sendBody(body, outgoing, timer), hold: timer.stop };
}

function startRequest({ method, url, headers, body }: WireRequest, options: WireOptions): http.ClientRequest {
  options.signal.throwIfAborted();
  const { agent, proxy } = options.way;
  const to = proxy ?? url;
  return (url.protocol === 'https:' ? https : http).request({
    method,
    agent,
    host: bareHost(to),
    port: to.port || (to.protocol === 'https:' ? 443 : 80),
    path: proxy === null ? `${url.pathname}${url.search}` : url.href,
    headers: {
      host: url.host,
      ...headers,
      ...(proxy === null ? {} : proxyHeaders(proxy)),
      ...(body === null && method !== 'POST' && method !== 'PUT' ? {} : { 'content-length': body?.sizeBytes ?? 0 }),
    },
  });
}

function readAnswer(incoming: http.IncomingMessage, outgoing: http.ClientRequest, timer: WireTimer): WireAnswer {
  timer.restart('idle');
  return {
    status: incoming.statusCode ?? 0,
    header: (name) => {
      const value = incoming.headers[name];
      return Array.isArray(value) ? value.join(', ') : (value ?? null);
    },
    body: readBody(incoming, timer),
    takeBody: (take) => takeBody(incoming, timer, take),
    close: () => {
      if (!incoming.readableEnded || !outgoing.writableFinished) outgoing.destroy();
    },
  };
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
