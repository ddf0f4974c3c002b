import http from 'node:http';
import https from 'node:https';
import { isSystemError, messageOf } from '../../errors.ts';
import { bareHost } from '../../http/proxies.ts';
import { proxyHeaders, type Way } from './agents.ts';
import type { Timeouts } from './timeouts.ts';

/** A body that is sent with its length; it is opened for each request anew. */
export interface RequestBody {
  readonly sizeBytes: number;
  /** Chunks are valid until the next one is asked for. */
  readonly open: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Told of bytes that the socket took. */
  readonly onSent: (bytes: number) => void;
}

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

/** The network failed; what came of a body's source is thrown as it is. `cause` is Node's error. */
export class WireError extends Error {
  /** The connection stood and was lost, nothing came for too long, or it is something else. */
  readonly kind: 'cut' | 'silent' | 'other';

  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    const isCut = isSystemError(cause, 'ECONNRESET', 'EPIPE', 'ECONNABORTED');
    const isSilent = cause instanceof SilenceError || isSystemError(cause, 'ETIMEDOUT');
    this.kind = isCut ? 'cut' : isSilent ? 'silent' : 'other';
  }
}

class SilenceError extends Error {}

/** What a body turned out to have another length than; nothing that a registry does can mend it. */
export class BodyLengthError extends Error {}

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
  return { outgoing, answer, sendBody: (body) => pump(body, outgoing, timer), hold: timer.stop };
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

/** Writes a body to a request, chunk by chunk as the socket takes them, and ends it. Stops where the request has ended. */
async function pump(body: RequestBody, outgoing: http.ClientRequest, timer: Timer): Promise<void> {
  let [sentBytes, isOver] = [0, false];
  let wake: () => void = () => undefined;
  for (const event of ['response', 'close'] as const) {
    outgoing.once(event, () => {
      isOver = true;
      wake();
    });
  }
  if (outgoing.socket === null) {
    await new Promise<void>((resolve) => {
      wake = resolve;
      outgoing.once('socket', () => resolve());
    });
  }
  if (isOver) return;
  for await (const chunk of body.open()) {
    if (isOver) return;
    if (sentBytes + chunk.length > body.sizeBytes) throw new BodyLengthError(`more than ${body.sizeBytes} bytes`);
    timer.restart('idle');
    // The callback comes when the kernel has the bytes; then the chunk may be used for others.
    await new Promise<void>((resolve) => {
      wake = resolve;
      outgoing.write(chunk, () => resolve());
    });
    if (isOver) return;
    sentBytes += chunk.length;
    // How long the next chunk takes to come is not the registry's fault.
    timer.stop();
    body.onSent(chunk.length);
  }
  if (sentBytes < body.sizeBytes) throw new BodyLengthError(`${sentBytes} bytes instead of ${body.sizeBytes}`);
  timer.restart('answer', sentBytes);
  outgoing.end();
}

function readAnswer(incoming: http.IncomingMessage, outgoing: http.ClientRequest, timer: Timer): WireAnswer {
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

async function* readBody(incoming: http.IncomingMessage, timer: Timer): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = incoming[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await nextOf(chunks);
      // How long the reader takes is not the registry's fault.
      timer.stop();
      if (next.done === true) return;
      yield next.value;
      timer.restart('idle');
    }
  } finally {
    await chunks.return?.();
  }
}

function takeBody(incoming: http.IncomingMessage, timer: Timer, take: (chunk: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    timer.restart('idle');
    incoming.once('end', resolve);
    // It stays: an error may come after another.
    incoming.on('error', (error) => reject(new WireError(error)));
    incoming.once('close', () => reject(new WireError(new Error('the connection was closed'))));
    incoming.on('data', (chunk: Uint8Array) => {
      try {
        take(chunk);
        // How long that took is not the registry's fault.
        timer.refresh();
      } catch (error) {
        incoming.destroy();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}

async function nextOf(chunks: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
  try {
    return await chunks.next();
  } catch (error) {
    throw new WireError(error);
  }
}

interface Timer {
  readonly restart: (phase: 'connect' | 'idle' | 'answer', bodyBytes?: number) => void;
  /** Begins the running phase anew. */
  readonly refresh: () => void;
  readonly stop: () => void;
}

/**
 * Ends a request when nothing has moved for as long as its phase allows. Waiting for a free connection does not count, and
 * what is closed has no time to run out: a timer would keep the process.
 */
function startTimer(outgoing: http.ClientRequest, timeouts: Timeouts): Timer {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearTimeout(timer);
  const restart: Timer['restart'] = (phase, bodyBytes = 0) => {
    stop();
    if (outgoing.closed) return;
    // A registry may read a whole blob again before it answers.
    const forBody = phase === 'answer' ? (bodyBytes / timeouts.slowestBytesPerSecond) * 1000 : 0;
    const ms = timeouts[`${phase}Ms`] + forBody;
    timer = setTimeout(() => {
      outgoing.destroy(new SilenceError(`nothing came for ${Math.ceil(ms / 1000)} s`));
    }, ms);
  };
  outgoing.once('socket', (socket) => {
    if (!socket.connecting) return restart('answer');
    restart('connect');
    const isTls = 'encrypted' in socket;
    socket.once(isTls ? 'secureConnect' : 'connect', () => restart('answer'));
  });
  return { restart, refresh: () => timer?.refresh(), stop };
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
