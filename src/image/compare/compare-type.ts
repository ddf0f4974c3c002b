import type { ConfigDocument } from '../../oci/config.ts';
import type { Digest } from '../../oci/digest.ts';
import type { FileView } from '../files/list-files.ts';

/** An image as it is compared: read apart, all values. */
export interface ComparedImage {
  readonly digest: Digest;
  readonly platform: string;
  readonly config: ConfigDocument;
  readonly layers: readonly { readonly digest: Digest; readonly sizeBytes: number }[];
  /** Manifest, config and layers together. */
  readonly totalBytes: number;
  /** Null where they cannot be looked at. */
  readonly files: ComparedFiles | null;
}

/** The files of an image. */
export interface ComparedFiles {
  readonly list: readonly FileView[];
  /** Versions by name; empty where there is no package manager. */
  readonly packages: ReadonlyMap<string, string>;
  /** By path: the package that a file belongs to. */
  readonly owners: ReadonlyMap<string, string>;
  /** By path: SHA-256 in hex of the files that were read; empty where contents are not compared. */
  readonly contents: ReadonlyMap<string, string>;
}

/** One thing in which two images differ. */
export interface Difference {
  /** What recipes accept it by: `config.env.PATH`, `packages.xz`, `files./bin/tool`, `platforms.linux/arm64`. */
  readonly what: string;
  readonly platform: string;
  /** For people; null where our image does not have it. */
  readonly ours: string | null;
  /** Null where upstream's image does not have it. */
  readonly theirs: string | null;
}
