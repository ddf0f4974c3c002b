import type { Digest } from '../oci/digest.ts';
import type { InputRecord } from './record.ts';

/** An image that is there already: in a registry, or as an index in out/. */
export interface PublishedImage {
  /** `registry.example.org/releng/tool:1.2`, or the path of the archive. */
  readonly name: string;
  /** Of the index, or of the one manifest. */
  readonly digest: Digest;
  /** By platform, `linux/arm/v7`. */
  readonly platforms: ReadonlyMap<string, PublishedTarget>;
}

export interface PublishedTarget {
  readonly digest: Digest;
  /** Null where nothing says what it was built from. */
  readonly record: InputRecord | null;
}
