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
}
