import type { Context } from './context.ts';

const PROXY_VARIABLES = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy'];

/**
 * Gives the fetch of this process: Node's own, or where the environment names a proxy one that goes through it. Node's own
 * fetch does not look at HTTP_PROXY, HTTPS_PROXY and NO_PROXY, which npm, git and docker all follow. Node needs a moment to
 * load the other one, so it is loaded at the first request.
 */
export function chooseFetch(env: Context['env']): typeof globalThis.fetch {
  if (!PROXY_VARIABLES.some((name) => (env[name] ?? '') !== '')) return globalThis.fetch;
  let loading: Promise<typeof globalThis.fetch> | null = null;
  return async (input, init) => {
    loading ??= loadProxyFetch(env);
    return (await loading)(input, init);
  };
}

async function loadProxyFetch(env: Context['env']): Promise<typeof globalThis.fetch> {
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  const httpProxy = env['http_proxy'] ?? env['HTTP_PROXY'] ?? '';
  const httpsProxy = env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '';
  const noProxy = env['no_proxy'] ?? env['NO_PROXY'] ?? '';
  const dispatcher = new EnvHttpProxyAgent({ httpProxy, httpsProxy, noProxy });
  // The classes of Node and of undici are not the same ones, so a request goes over as plain values.
  return (input, { method = 'GET', headers, body, redirect = 'follow', signal = null } = {}) => {
    if (body !== undefined && body !== null && typeof body !== 'string') throw new TypeError('a body other than text');
    const url = input instanceof Request ? input.url : input;
    const plain = { method, headers: [...new Headers(headers)], body: body ?? null, redirect, signal };
    return fetch(url, { ...plain, dispatcher });
  };
}
