import { parseStrictJson } from '../../oci/strict-json.ts';
import { isTransientStatus, readRetryAfter } from '../../http/transient.ts';
import { refuseTarget } from '../connection/endpoint.ts';
import { judgeLoss, makeFailure, makePassing, type Operation } from '../connection/failure.ts';
import { readRefusal } from '../connection/refusal.ts';
import { readBytes } from '../connection/read-bytes.ts';
import type { WireAnswer, WireRequest } from '../connection/wire.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';

/** A token, and for how long it is good, in milliseconds. */
export interface Token {
  readonly text: string;
  readonly lifeMs: number;
}

export interface TokenContext {
  readonly registry: string;
  /** Where the registry turned out to be. */
  readonly origin: URL;
  readonly send: (request: WireRequest) => Promise<WireAnswer>;
  /** Whether a host may be spoken to without TLS. */
  readonly mayBePlain: (host: URL) => boolean;
  readonly signal: AbortSignal;
}

const CLIENT_ID = 'forkwright';
// The docker token specification: "if omitted, this defaults to 60 seconds".
const DEFAULT_LIFE_SECONDS = 60;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** The header that shows a name and a password. Specification: RFC 7617. */
export function basicHeader({ username, secret }: Pick<Credentials, 'username' | 'secret'>): string {
  return `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`;
}

/**
 * Gets a token for scopes from the server that a Bearer challenge names: by a refresh grant where there is an identity token,
 * else with Basic or nothing. Throws `registry.unauthorized`, `registry.refused`, and TransientError.
 * Specification: distribution, "Token Authentication" and "OAuth 2.0 Token Specification".
 */
export async function fetchToken(
  challenge: Challenge,
  scopes: readonly string[],
  credentials: Credentials | null,
  context: TokenContext,
): Promise<Token> {
  const { registry, signal } = context;
  // Several operations may be waiting for it, so it has a name of its own.
  const operation = { label: `getting a token for ${scopes.join(' ') || registry}`, place: registry, signal };
  const realm = readRealm(challenge, context, operation);
  const service = challenge.parameters.get('service') ?? '';
  const send = async (request: WireRequest) => {
    try {
      return await context.send(request);
    } catch (error) {
      throw judgeLoss(error, operation, realm.host);
    }
  };
  const granted = credentials?.identityToken ?? null;
  let answer: WireAnswer | null = null;
  if (granted !== null) {
    answer = await send(postRequest(realm, service, scopes, granted));
    // Not every server knows grants.
    if (answer.status === 404 || answer.status === 405) {
      answer.close();
      answer = null;
    }
  }
  answer ??= await send(getRequest(realm, service, scopes, credentials));
  if (answer.status === 200)
    return readToken(await readBytes(answer, MAX_ANSWER_BYTES, operation, realm.host), operation, realm);
  const isPassing = isTransientStatus(answer.status);
  const waitMs = readRetryAfter(answer.header);
  const { text } = await readRefusal(answer, credentials === null ? [] : [credentials.secret, granted ?? '']);
  const why = `${realm.host}, which gives tokens for ${registry}, answered ${text}`;
  if (isPassing) throw makePassing(operation, why, { waitMs });
  const hint =
    credentials === null
      ? `no credentials for ${registry} were found: \`docker login\` stores some`
      : `the credentials of ${credentials.source} are not taken: \`docker login\` stores new ones`;
  throw makeFailure('registry.unauthorized', operation, why, hint);
}

/** A server may name any other, but not one where the credentials could be read on the way. */
function readRealm(challenge: Challenge, { origin, mayBePlain }: TokenContext, operation: Operation): URL {
  const text = challenge.parameters.get('realm') ?? '';
  if (!URL.canParse(text))
    throw makeFailure('registry.refused', operation, 'its challenge names no token server', null);
  const realm = new URL(text);
  const isPlain = realm.protocol === 'http:' && realm.hostname !== origin.hostname && !mayBePlain(realm);
  const why = refuseTarget(realm, origin) ?? (isPlain ? 'an address without TLS' : null);
  if (why === null) return realm;
  throw makeFailure('registry.refused', operation, `the token is to come from ${realm.host}, ${why}`, null);
}

function getRequest(
  realm: URL,
  service: string,
  scopes: readonly string[],
  credentials: Credentials | null,
): WireRequest {
  const url = new URL(realm);
  if (service !== '') url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (credentials === null) return { method: 'GET', url, headers: {}, body: null };
  url.searchParams.set('account', credentials.username);
  return { method: 'GET', url, headers: { authorization: basicHeader(credentials) }, body: null };
}

function postRequest(realm: URL, service: string, scopes: readonly string[], refreshToken: string): WireRequest {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    service,
    client_id: CLIENT_ID,
    scope: scopes.join(' '),
    refresh_token: refreshToken,
  });
  const bytes = Buffer.from(form.toString());
  return {
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: { sizeBytes: bytes.length, open: () => [bytes], onSent: () => undefined },
  };
}

function readToken(bytes: Buffer, operation: Operation, realm: URL): Token {
  const place = `${realm.origin}${realm.pathname}`;
  const value = parseStrictJson(bytes, place);
  const read = (key: string) => (value instanceof Map ? value.get(key) : undefined);
  const text = [read('token'), read('access_token')].find((each) => typeof each === 'string' && each !== '');
  const life = read('expires_in');
  if (typeof text !== 'string') throw makeFailure('registry.bad-content', operation, `${place} gives no token`, null);
  return { text, lifeMs: (typeof life === 'number' && life > 0 ? life : DEFAULT_LIFE_SECONDS) * 1000 };
}
