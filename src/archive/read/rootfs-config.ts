import type { Platform } from '../../platform/platform.ts';

/** What makes an image of a root filesystem again. */
export interface RootfsConfig {
  /** An image config as parsed JSON, or only the part `config` of one; keys that are not known here are kept. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Where the config came from, for errors: `tool.json`. */
  readonly place: string;
  /** Wins over what the config says; null leaves it to the config. */
  readonly platform: Platform | null;
}
