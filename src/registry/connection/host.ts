import { ForkwrightError } from '../../errors.ts';
import { TransientError } from '../../http/retry.ts';
import { isTransientStatus, readRetryAfter } from '../../http/transient.ts';
import type { Authenticator } from '../access/authenticator.ts';
import { refuseTarget, type Endpoint } from './endpoint.ts';
import { judgeLoss, judgeRefusal, makeFailure, makePassing, type Operation } from './failure.ts';
import { discard, readRefusal } from './refusal.ts';
import type { RequestBody } from './request-body.ts';
import type { WireAnswer, WireRequest } from './wire.ts';

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** One request to a registry. */
export interface Call {
  readonly method: WireRequest['method'];
  /** A path with its query, or an address that the registry gave. */
  readonly target: string | URL;
  /** What a token has to allow: `repository:team/app:pull,push`. */
  readonly scopes: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** The statuses that the caller wants to see; all others become errors. */
  readonly accept: readonly number[];
  /** The answer stays open while others are waited for. */
  readonly isHeld?: boolean;
}

/** An answer, and the address that it came from at last. */
export interface HostAnswer extends WireAnswer {
  readonly url: URL;
}

/** One registry: where it is, and what it wants to be shown. */
export interface Host {
  /** Makes a request. Throws what `judgeLoss` and `judgeRefusal` make, TransientError among them: one try. */
  readonly exchange: (call: Call, operation: Operation) => Promise<HostAnswer>;
  /** Gives the address and the headers with which a request is made, for those who make it themselves. */
  readonly prepare: (target: string | URL, scopes: readonly string[]) => Promise<Prepared>;
}

export interface Prepared {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HostSettings {
  /** As in image names. */
  readonly registry: string;
  readonly endpoint: Endpoint;
  readonly userAgent: string;
  readonly authenticator: Authenticator;
  readonly send: (request: WireRequest, isHeld: boolean, signal: AbortSignal) => Promise<WireAnswer>;
  readonly signal: AbortSignal;
}

/** Opens a registry; it is asked where and how it is to be reached when the first request is made. */
export function openHost(settings: HostSettings): Host {
  const { registry, authenticator } = settings;
  let reaching: Promise<URL> | null = null;

  const reach = async (): Promise<URL> => {
    const running = (reaching ??= findOrigin(settings));
    try {
      return await running;
    } catch (error) {
      if (reaching === running) reaching = null;
      throw error;
    }
  };

  /** Credentials are for the registry's own host and port, nobody else's. */
  const prepare = async (target: string | URL, scopes: readonly string[]) => {
    const origin = await reach();
    const url = typeof target === 'string' ? new URL(target, origin) : target;
    const isOwn = url.origin === origin.origin;
    const authorization = isOwn ? await authenticator.authorize(scopes, origin) : null;
    const headers = { 'user-agent': settings.userAgent, ...(authorization === null ? {} : { authorization }) };
    return { url, isOwn, authorization, headers };
  };

  const attempt = async (call: Call, target: string | URL, scopes: readonly string[], operation: Operation) => {
    const { url, isOwn, authorization, headers } = await prepare(target, scopes);
    const { method, body = null, isHeld = false } = call;
    try {
      const request = { method, url, headers: { ...call.headers, ...headers }, body };
      const answer = await settings.send(request, isHeld, operation.signal);
      return { answer, url, isOwn, authorization };
    } catch (error) {
      throw judgeLoss(error, operation, url.host);
    }
  };

  const exchange = async (call: Call, operation: Operation): Promise<HostAnswer> => {
    let [target, scopes, redirects, hasAsked] = [call.target, call.scopes, 0, false];
    for (;;) {
      const { answer, url, isOwn, authorization } = await attempt(call, target, scopes, operation);
      const { status } = answer;
      if (call.accept.includes(status)) return { ...answer, url };
      if (REDIRECTS.has(status) && (call.method === 'GET' || call.method === 'HEAD')) {
        if (++redirects > MAX_REDIRECTS) throw makeFailure('registry.refused', operation, 'it is sent around', null);
        const location = answer.header('location');
        await discard(answer);
        target = resolveLocation(location, url, operation);
        continue;
      }
      const refusal = await readRefusal(answer, [authorization?.replace(/^\w+ /, '') ?? '']);
      if (status === 401 && isOwn) {
        const wish = authenticator.learn(answer.header('www-authenticate'), authorization);
        scopes = [...scopes, ...wish.scopes];
        const other = hasAsked ? null : await authenticator.authorize(scopes, await reach());
        // Who shows a wrong password again and again locks the account.
        if (other !== null && other !== authorization) {
          hasAsked = true;
          continue;
        }
        // Tokens may run out faster than requests are made.
        if (wish.isRenewal) throw makePassing(operation, `the registry answered ${refusal.text}`);
      }
      // An address with a signature gets old; the registry gives another one.
      if (isTransientStatus(status) || (!isOwn && (status === 401 || status === 403))) {
        const who = isOwn ? 'the registry' : url.host;
        const waitMs = readRetryAfter(answer.header);
        throw makePassing(operation, `${who} answered ${refusal.text}`, { waitMs });
      }
      throw judgeRefusal(refusal, operation, registry, authenticator.shown());
    }
  };

  return { exchange, prepare };
}

/** The address that a Location header names, its query byte for byte. Throws `registry.refused` where we must not go there. */
export function resolveLocation(location: string | null, from: URL, operation: Operation): URL {
  if (location === null || !URL.canParse(location, from.href)) {
    throw makeFailure('registry.refused', operation, 'the registry sends on, and does not say where', null);
  }
  const target = new URL(location, from);
  const why = refuseTarget(target, from);
  if (why === null) return target;
  const hint = why.endsWith('TLS')
    ? 'a proxy in front of the registry does not tell it that it is reached by TLS'
    : null;
  throw makeFailure('registry.refused', operation, `the registry sends on to ${target.host}, ${why}`, hint);
}

/** Asks for the version of the API, without credentials, wherever the registry may be. */
async function findOrigin({ registry, endpoint, authenticator, ...settings }: HostSettings): Promise<URL> {
  const operation = { label: `reaching ${registry}`, place: registry, signal: settings.signal };
  const losses: unknown[] = [];
  for (const origin of endpoint.origins) {
    const url = new URL('/v2/', origin);
    const request = { method: 'GET', url, headers: { 'user-agent': settings.userAgent }, body: null } as const;
    let answer: WireAnswer;
    try {
      answer = await settings.send(request, false, settings.signal);
    } catch (error) {
      const loss = judgeLoss(error, operation, url.host);
      losses.push(loss);
      if (isOtherProtocol(loss, origin)) continue;
      throw loss;
    }
    const { status } = answer;
    if (status === 401) authenticator.learn(answer.header('www-authenticate'), null);
    if (isTransientStatus(status)) {
      const waitMs = readRetryAfter(answer.header);
      throw makePassing(operation, `the registry answered ${(await readRefusal(answer, [])).text}`, { waitMs });
    }
    await discard(answer);
    // A server that speaks TLS says 400 to plain HTTP.
    if (status !== 400 || origin.protocol === 'https:') return origin;
  }
  throw losses[0];
}

/** Whether a loss may come from speaking TLS to a server without it, or plain HTTP to one that speaks TLS. */
function isOtherProtocol(loss: unknown, origin: URL): boolean {
  if (origin.protocol === 'http:') return loss instanceof TransientError && loss.isCut;
  // A certificate that is not trusted is TLS.
  return loss instanceof ForkwrightError && loss.code !== 'registry.certificate';
}
