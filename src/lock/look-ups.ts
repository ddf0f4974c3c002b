import type { Digest } from '../oci/digest.ts';
import type { ImageReference } from '../oci/reference.ts';
import type { Platform } from '../platform/platform.ts';
import type { Target, Upstream } from '../recipe/target.ts';
import type { ResolvedUpstream } from '../source/resolve-upstream.ts';
import type { FoundImage } from './look-up-image.ts';

/** What is asked outside of the recipes and their locks. Each throws a ForkwrightError where there is no answer. */
export interface LookUps {
  readonly upstream: (upstream: Upstream) => Promise<ResolvedUpstream>;
  readonly image: (reference: ImageReference, platforms: readonly Platform[]) => Promise<FoundImage>;
  /** The Dockerfile of upstream's own that a target is built by, at its commit; null where nobody is to be asked. */
  readonly upstreamDockerfile: (target: Target) => Promise<string | null>;
  /** The SHA-256 of a file of the workspace. */
  readonly fileHash: (path: string) => Promise<Digest>;
  /** The newest date in a patch, seconds since 1970; null where it has none. */
  readonly patchDate: (path: string) => Promise<number | null>;
  /** Versions of the packages in the archive that was built of a target, by name; null where there is none. */
  readonly packages: (target: Target) => Promise<ReadonlyMap<string, string> | null>;
}

/** What is resolved anew although it is locked. */
export type UpdateGroup = 'upstream' | 'base' | 'packages';
