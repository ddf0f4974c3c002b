import type { ImageReference } from '../oci/reference.ts';
import type { Failure } from './failure.ts';
import type { GitToolDeps } from './git-tools.ts';
import type { HostLimit } from './host-limit.ts';
import type { ImageRepository } from './observe-image.ts';

/** What checking needs of the outside world. */
export interface CheckDeps extends GitToolDeps {
  /** Spares servers: see `createPoliteFetch`. */
  readonly fetch: typeof globalThis.fetch;
  readonly limit: HostLimit;
  /** Absolute. */
  readonly cacheFolder: string;
  /** Ask nobody; what was last seen has to do. */
  readonly isOffline: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** How long git may take to list the refs of a repository. */
  readonly gitTimeoutMs: number;
  readonly openRepository: (reference: ImageReference) => ImageRepository;
  /** Hosts that did not answer git in time: nobody waits for them again. */
  readonly silentHosts: Map<string, Failure>;
}
