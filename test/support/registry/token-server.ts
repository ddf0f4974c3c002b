import { basicHeader, SERVICE } from './access.ts';
import { answer, jsonAnswer, readBody, refusal, type Answer, type Exchange } from './answer.ts';
import type { BearerOptions } from './options.ts';
import type { Grants, Tokens } from './tokens.ts';

/**
 * Gives tokens: by GET with Basic credentials or none, and by POST with a grant.
 * Specification: distribution's "Token Authentication" and "Oauth2 Token Authentication".
 */
export async function answerToken(
  auth: BearerOptions,
  tokens: Tokens,
  exchange: Exchange,
  violate: (text: string) => void,
): Promise<Answer> {
  const { method, path, query, headers } = exchange;
  if (path !== '/token') return answer(404, { 'content-type': 'text/plain' }, '404 page not found\n');
  if (method === 'POST' && auth.hasGrants !== false) return answerGrant(auth, tokens, exchange, violate);
  if (method !== 'GET') return answer(405, { allow: 'GET', 'content-type': 'text/html' }, '<h1>405</h1>');
  const given = headers.authorization;
  if (given !== undefined && given !== basicHeader(auth)) throw denied('incorrect username or password');
  const parameters = new URLSearchParams(query);
  requireService(parameters, violate);
  const user = given === undefined ? null : auth.user;
  const scopes = parameters.getAll('scope').flatMap((scope) => scope.split(' '));
  if (user === null && auth.isPullAnonymous !== true) throw denied('authentication required');
  return jsonAnswer(200, {
    [auth.tokenField ?? 'token']: tokens.issue(grantsOf(auth, user, scopes)),
    ...(auth.expiresInSeconds === undefined ? {} : { expires_in: auth.expiresInSeconds }),
  });
}

async function answerGrant(
  auth: BearerOptions,
  tokens: Tokens,
  exchange: Exchange,
  violate: (text: string) => void,
): Promise<Answer> {
  if (!/^application\/x-www-form-urlencoded(?:;|$)/.test(exchange.headers['content-type'] ?? '')) {
    violate('POST to the token server that is no form');
    throw refusal(400, 'UNSUPPORTED', 'not a form');
  }
  const form = new URLSearchParams((await readBody(exchange)).toString());
  requireService(form, violate);
  if (form.get('client_id') === null) violate('POST to the token server without client_id');
  const isGood =
    form.get('grant_type') === 'refresh_token'
      ? auth.refreshToken !== undefined && form.get('refresh_token') === auth.refreshToken
      : form.get('grant_type') === 'password' &&
        form.get('username') === auth.user &&
        form.get('password') === auth.password;
  if (!isGood) throw denied('invalid grant');
  const scope = form.getAll('scope').join(' ');
  return jsonAnswer(200, {
    access_token: tokens.issue(grantsOf(auth, auth.user, scope.split(' '))),
    scope,
    ...(auth.expiresInSeconds === undefined ? {} : { expires_in: auth.expiresInSeconds }),
    ...(auth.refreshToken === undefined ? {} : { refresh_token: auth.refreshToken }),
  });
}

/** What was asked for and is allowed: a token server gives a token for less rather than none. */
function grantsOf(auth: BearerOptions, user: string | null, scopes: readonly string[]): Grants {
  const allowed = (repository: string) => {
    if (user === null) return ['pull'];
    return auth.permissions?.(user, repository) ?? ['pull', 'push', 'delete'];
  };
  const granted = new Set(
    scopes.flatMap((scope) => {
      const [, repository, actions] = /^repository:(.+):([a-z,*]+)$/.exec(scope) ?? [];
      if (repository === undefined || actions === undefined) return [];
      return actions
        .split(',')
        .filter((action) => allowed(repository).includes(action))
        .map((action) => `${repository}:${action}`);
    }),
  );
  return (repository, action) => granted.has(`${repository}:${action}`);
}

function requireService(parameters: URLSearchParams, violate: (text: string) => void): void {
  const service = parameters.get('service');
  if (service === SERVICE) return;
  violate(`a token was asked for the service ${service ?? '(none)'}`);
  throw refusal(400, 'UNSUPPORTED', 'unknown service');
}

function denied(message: string) {
  return refusal(401, 'UNAUTHORIZED', message, { headers: { 'www-authenticate': 'Basic realm="tokens"' } });
}
