import { compareText } from '../../platform/order.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import type { Credentials, FindCredentials } from './credentials.ts';
import { basicHeader, fetchToken, type Token, type TokenContext } from './token.ts';

/** Of a token's life, how much is used: what is sent must also arrive in time. */
const USED_LIFE = 0.8;

export interface AuthenticatorSettings extends Omit<TokenContext, 'origin'> {
  readonly findCredentials: FindCredentials;
  readonly nowMs: () => number;
}

/** What a registry wants that answered 401. */
export interface Wish {
  readonly scopes: readonly string[];
  /** The token that it was shown was good once (RFC 6750), and another one can be had. */
  readonly isRenewal: boolean;
}

/** What one registry is shown, so that it does what it is asked to. */
export interface Authenticator {
  /** The Authorization header for some scopes; null where the registry has not asked for one, or there is none to show. */
  readonly authorize: (scopes: readonly string[], origin: URL) => Promise<string | null>;
  /**
   * Takes the WWW-Authenticate header of a 401 and the Authorization header that led to it, which is not used again.
   */
  readonly learn: (header: string | null, used: string | null) => Wish;
  /** Those that were shown to the registry; null where there are none, or it never asked. */
  readonly shown: () => Credentials | null;
}

/** Begins without knowing how the registry wants to be asked. Tokens are kept per set of scopes. */
export function createAuthenticator(settings: AuthenticatorSettings): Authenticator {
  let challenge: Challenge | null = null;
  let credentials: Credentials | null = null;
  let finding: Promise<Credentials | null> | null = null;
  const tokens = new Map<string, Token & { readonly endMs: number }>();
  const fetching = new Map<string, Promise<string>>();

  const find = async (): Promise<Credentials | null> => {
    finding ??= settings.findCredentials(settings.registry);
    credentials = await finding;
    return credentials;
  };
  const fetchInto = async (key: string, wanted: Challenge, scopes: readonly string[], context: TokenContext) => {
    const startMs = settings.nowMs();
    const token = await fetchToken(wanted, scopes, await find(), context);
    tokens.set(key, { ...token, endMs: startMs + token.lifeMs * USED_LIFE });
    return token.text;
  };
  const obtain = async (wanted: Challenge, scopes: readonly string[], origin: URL): Promise<string> => {
    const sorted = [...new Set(scopes)].toSorted(compareText);
    const key = sorted.join(' ');
    const kept = tokens.get(key);
    if (kept !== undefined && kept.endMs > settings.nowMs()) return kept.text;
    const running = fetching.get(key) ?? fetchInto(key, wanted, sorted, { ...settings, origin });
    fetching.set(key, running);
    try {
      return await running;
    } finally {
      if (fetching.get(key) === running) fetching.delete(key);
    }
  };

  return {
    authorize: async (scopes, origin) => {
      if (challenge === null) return null;
      const known = await find();
      if (known !== null && known.registryToken !== null) return `Bearer ${known.registryToken}`;
      if (challenge.scheme === 'bearer') return `Bearer ${await obtain(challenge, scopes, origin)}`;
      return known === null ? null : basicHeader(known);
    },
    learn: (header, used) => {
      const challenges = parseChallenges(header ?? '');
      const offered = (scheme: string) => challenges.find((each) => each.scheme === scheme);
      challenge = offered('bearer') ?? offered('basic') ?? challenge;
      for (const [key, { text }] of tokens) if (used === `Bearer ${text}`) tokens.delete(key);
      const read = (name: string) => challenge?.parameters.get(name) ?? '';
      return {
        scopes: read('scope')
          .split(' ')
          .filter((scope) => scope !== ''),
        isRenewal: used !== null && read('error') === 'invalid_token' && (credentials?.registryToken ?? null) === null,
      };
    },
    shown: () => credentials,
  };
}
