import { BlockList, isIP } from 'node:net';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxies that an environment names; '' for none. */
export interface Proxies {
  readonly http: string;
  readonly https: string;
  /** Hosts that are reached without one. */
  readonly no: string;
}

/** Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY, which also come in lower case; that wins, as in curl. */
export function readProxies(env: Environment): Proxies {
  const read = (name: string) => env[name.toLowerCase()] || env[name] || '';
  return { http: read('HTTP_PROXY'), https: read('HTTPS_PROXY'), no: read('NO_PROXY') };
}

/**
 * The proxy for a URL, null where it is reached without one. This machine itself always is, as with docker: a proxy's
 * `localhost` is another one. NO_PROXY is a list of `*`, domains with all below them, addresses and CIDR blocks, each with a
 * port or without. Throws TypeError for a proxy that is no URL. Specification: none; Go's httpproxy, which docker uses.
 */
export function chooseProxy(url: URL, proxies: Proxies): URL | null {
  const proxy = url.protocol === 'https:' ? proxies.https : proxies.http;
  const host = bareHost(url);
  if (proxy === '' || isLoopback(host)) return null;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const rules = proxies.no.split(/[\s,]+/).filter((rule) => rule !== '');
  if (rules.some((rule) => isExempt(rule.toLowerCase(), host, port))) return null;
  return new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`);
}

/** The host of a URL, an IPv6 address without its brackets. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Whether a host is this machine, by its name or address: `localhost`, `127.0.0.1`, `::1`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || isIn(LOOPBACK, host);
}

/** Whether a host is an address that means another machine to everybody: 169.254.169.254 has a cloud's credentials. */
export function isLinkLocal(host: string): boolean {
  return isIn(LINK_LOCAL, host);
}

const LOOPBACK = blocks(['127.0.0.0', 8, 'ipv4'], ['0.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6'], ['::', 128, 'ipv6']);
const LINK_LOCAL = blocks(['169.254.0.0', 16, 'ipv4'], ['fe80::', 10, 'ipv6']);

function blocks(...subnets: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) list.addSubnet(...subnet);
  return list;
}

function isIn(list: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

function isExempt(rule: string, host: string, port: string): boolean {
  if (rule === '*') return true;
  const [, address = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(rule) ?? [];
  const family = isIP(address);
  if (family !== 0 && Number(bits) <= (family === 4 ? 32 : 128)) {
    return isIn(blocks([address, Number(bits), family === 4 ? 'ipv4' : 'ipv6']), host);
  }
  const [, named = rule, onlyPort = ''] = isIP(rule) === 6 ? [] : (/^(.*?)(?::(\d+))?$/.exec(rule) ?? []);
  if (onlyPort !== '' && onlyPort !== port) return false;
  const domain = named.replace(/^\[(.*)\]$/, '$1').replace(/^\*?\./, '');
  return host === domain || host.endsWith(`.${domain}`);
}
