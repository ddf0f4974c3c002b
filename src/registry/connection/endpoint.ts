import { isLinkLocal, isLoopback, bareHost } from '../../http/proxies.ts';

/** The name of Docker Hub in image names, and where it is to be had. */
const DOCKER_HUB = { name: 'docker.io', host: 'registry-1.docker.io' } as const;

/** Where a registry may be, and what is taken from it. */
export interface Endpoint {
  /** With port; what answers at the first one that is reached is the registry. */
  readonly origins: readonly [URL, ...URL[]];
  /** Whether any certificate is taken. */
  readonly isUnchecked: boolean;
}

/**
 * Where the registry of an image name is. Plain HTTP comes into question for hosts that are said to be insecure, where TLS is
 * tried first, as docker does; and for this machine, where nobody listens on the way: there TLS is tried where plain HTTP is
 * refused.
 */
export function findEndpoint(registry: string, insecure: readonly string[] | true): Endpoint {
  const host = registry === DOCKER_HUB.name ? DOCKER_HUB.host : registry;
  const secure = new URL(`https://${host}`);
  const isUnchecked = insecure === true || insecure.includes(registry);
  const plain = new URL(`http://${host}`);
  if (isUnchecked) return { origins: [secure, plain], isUnchecked };
  return { origins: isLoopback(bareHost(secure)) ? [plain, secure] : [secure], isUnchecked };
}

/** Whether the host of a URL may be spoken to without TLS: this machine, and what the user calls insecure. */
export function mayBePlain(url: URL, insecure: readonly string[] | true): boolean {
  return insecure === true || insecure.includes(url.host) || isLoopback(bareHost(url));
}

/**
 * Why an address that a server names is not to be gone to, null where it is fine: nothing leaves TLS, and nobody outside
 * sends us to an address that is ours alone (CVE-2020-15157 and its like).
 */
export function refuseTarget(target: URL, from: URL): string | null {
  if (target.protocol !== 'https:' && target.protocol !== 'http:') return `an address with ${target.protocol}`;
  if (from.protocol === 'https:' && target.protocol === 'http:') return 'an address without TLS';
  if (target.username !== '' || target.password !== '') return 'an address with credentials';
  const [host, origin] = [bareHost(target), bareHost(from)];
  if (host === origin) return null;
  if (isLinkLocal(host)) return 'an address of this machine alone';
  if (isLoopback(host) && !isLoopback(origin)) return 'an address of this machine alone';
  return null;
}
