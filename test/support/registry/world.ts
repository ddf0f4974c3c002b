import type { ListenerName } from './answer.ts';
import type { RegistryOptions } from './options.ts';
import type { Storage } from './storage.ts';
import type { Uploads } from './uploads.ts';

/** What the routes of one registry work on. */
export interface World {
  readonly options: RegistryOptions;
  readonly storage: Storage;
  readonly uploads: Uploads;
  /** `http://127.0.0.1:1234` of each server. */
  readonly origin: (listener: ListenerName) => string;
  readonly violate: (text: string) => void;
  /** Makes an address of storage that is good for a blob. */
  readonly sign: (bytes: Buffer) => string;
}
