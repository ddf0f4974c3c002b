import http from 'node:http';
import https from 'node:https';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { bareHost, chooseProxy, type Proxies } from '../../http/proxies.ts';

export interface AgentSettings {
  readonly proxies: Proxies;
  /** PEM texts that are trusted besides Node's own. */
  readonly authorities: readonly string[];
  readonly connectMs: number;
  readonly connectionsPerHost: number;
}

/** How a request gets to its host. */
export interface Way {
  readonly agent: http.Agent;
  /** The proxy that takes the request itself, with the whole URL; null where the connection leads to the host. */
  readonly proxy: URL | null;
}

export interface Agents {
  /**
   * `isUnchecked`: any certificate is taken. A `counted` connection is one of so many to a host. A `held` one is not: its
   * caller keeps it while it waits for others, and all could wait for each other. A `single` one is not used again.
   */
  readonly choose: (url: URL, isUnchecked: boolean, use: 'counted' | 'held' | 'single') => Way;
  readonly close: () => void;
}

/** Keeps connections to hosts and proxies open for the next request. */
export function createAgents(settings: AgentSettings): Agents {
  const kept = new Map<string, http.Agent>();
  const keep = <T extends http.Agent>(key: string, make: () => T): http.Agent => {
    const agent = kept.get(key) ?? make();
    kept.set(key, agent);
    return agent;
  };
  return {
    choose: (url, isUnchecked, use) => {
      const proxy = chooseProxy(url, settings.proxies);
      const isTls = url.protocol === 'https:';
      const key = `${isTls} ${isUnchecked} ${use} ${proxy?.href ?? ''}`;
      const isCounted = use === 'counted';
      const limits = { keepAlive: use !== 'single', ...(isCounted ? { maxSockets: settings.connectionsPerHost } : {}) };
      if (!isTls) return { agent: keep(key, () => new http.Agent(limits)), proxy };
      const trust = {
        rejectUnauthorized: !isUnchecked,
        ...(settings.authorities.length === 0 ? {} : { ca: [...tls.rootCertificates, ...settings.authorities] }),
      };
      const make = () =>
        proxy === null
          ? new https.Agent({ ...limits, ...trust })
          : new TunnelAgent({ ...limits, ...trust }, proxy, settings.connectMs);
      return { agent: keep(key, make), proxy: null };
    },
    close: () => {
      for (const agent of kept.values()) agent.destroy();
    },
  };
}

/** What a proxy is told of its own credentials, which stand in its URL. */
export function proxyHeaders(proxy: URL): Readonly<Record<string, string>> {
  if (proxy.username === '') return {};
  const text = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(text).toString('base64')}` };
}

/** Reaches a host by CONNECT through a proxy, so that the proxy sees nothing of what is said. */
class TunnelAgent extends https.Agent {
  readonly #proxy: URL;
  readonly #connectMs: number;

  constructor(options: https.AgentOptions, proxy: URL, connectMs: number) {
    super(options);
    this.#proxy = proxy;
    this.#connectMs = connectMs;
  }

  override createConnection(
    options: https.RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const host = options.host ?? '';
    const target = `${host.includes(':') ? `[${host}]` : host}:${options.port ?? 443}`;
    const connecting = (this.#proxy.protocol === 'https:' ? https : http).request({
      host: bareHost(this.#proxy),
      port: this.#proxy.port || (this.#proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...proxyHeaders(this.#proxy) },
      agent: false,
      timeout: this.#connectMs,
    });
    // The type wants a stream beside an error; nothing looks at it.
    const fail = (error: Error) => callback?.(error, new Duplex());
    connecting.once('timeout', () => connecting.destroy(new Error('the proxy does not answer')));
    connecting.once('error', fail);
    connecting.once('response', (response) => {
      connecting.destroy();
      fail(new Error(`the proxy answered ${response.statusCode ?? 0}`));
    });
    connecting.once('connect', (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        fail(new Error(`the proxy answered ${response.statusCode ?? 0}`));
        return;
      }
      socket.setTimeout(0);
      const stream = super.createConnection(Object.assign({}, options, { socket }));
      if (stream !== null && stream !== undefined) callback?.(null, stream);
    });
    connecting.end();
    return undefined;
  }
}
