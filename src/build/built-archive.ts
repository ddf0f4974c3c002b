import type { Finding } from '../finding.ts';
import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../platform/platform.ts';

/** What was built. */
export interface BuiltArchive {
  readonly platform: Platform;
  /** Relative to the workspace. */
  readonly path: string;
  /** Digest of the image's manifest. */
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** What is odd about it, `build.not-reproducible`. */
  readonly findings: readonly Finding[];
}
