import { refusal, type Exchange, type Refusal } from './answer.ts';
import type { AuthOptions } from './options.ts';
import type { Tokens } from './tokens.ts';

export const SERVICE = 'forkwright-test-registry';

/** What a request wants to do: `repository:a/b:pull,push`. */
export interface Scope {
  readonly repository: string;
  readonly actions: readonly string[];
}

/** What a request to a repository needs, as distribution counts it: mounting needs to pull from the other one too. */
export function scopesOf({ method, query }: Exchange, repository: string | null): readonly Scope[] {
  if (repository === null) return [];
  if (method === 'GET' || method === 'HEAD') return [{ repository, actions: ['pull'] }];
  if (method === 'DELETE') return [{ repository, actions: ['delete'] }];
  const own = { repository, actions: ['pull', 'push'] };
  const from = new URLSearchParams(query).get('from');
  return from === null || from === repository ? [own] : [own, { repository: from, actions: ['pull'] }];
}

/** Lets a request through, or gives the 401 for it. */
export function judgeAccess(
  auth: AuthOptions,
  tokens: Tokens,
  realm: string,
  exchange: Exchange,
  scopes: readonly Scope[],
): Refusal | null {
  const given = exchange.headers.authorization;
  if (auth.kind === 'none') return null;
  if (auth.kind === 'basic') {
    return given === basicHeader(auth) ? null : unauthorized('Basic realm="test registry"');
  }
  const wanted = scopes.map(({ repository, actions }) => `repository:${repository}:${actions.join(',')}`).join(' ');
  const challenge = `Bearer realm="${realm}",service="${SERVICE}"${wanted === '' ? '' : `,scope="${wanted}"`}`;
  const token = /^Bearer (.+)$/i.exec(given ?? '')?.[1];
  if (token === undefined) return unauthorized(challenge);
  const grants = tokens.use(token);
  if (grants === null) return unauthorized(`${challenge},error="invalid_token"`);
  const isGranted = scopes.every(({ repository, actions }) => actions.every((action) => grants(repository, action)));
  return isGranted ? null : unauthorized(`${challenge},error="insufficient_scope"`);
}

export function basicHeader({ user, password }: { readonly user: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function unauthorized(challenge: string): Refusal {
  return refusal(401, 'UNAUTHORIZED', 'authentication required', { headers: { 'www-authenticate': challenge } });
}
