import type { ReadLimits } from '../../limits.ts';
import type { RunProgram } from '../../process/run.ts';
import type { RootfsConfig } from './rootfs-config.ts';

/** What opening may need of the world around; what is not given is taken from this process. A command's invocation fits. */
export interface OpenOptions {
  /** Starts `xz`, `bzip2` and `zstd`, which Node does not have. */
  readonly run?: RunProgram;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  /** The source called `-`. */
  readonly stdin?: () => AsyncIterable<Uint8Array>;
  readonly limits?: ReadLimits;
  /** What makes an image of a root filesystem; without it such a tar is refused. */
  readonly rootfs?: RootfsConfig;
}
