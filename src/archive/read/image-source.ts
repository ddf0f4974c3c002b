import type { Digest } from '../../oci/digest.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Finding } from '../../finding.ts';
import type { ContainerShape } from '../../image/verify/consumers.ts';
import type { ReadLimits } from '../../limits.ts';
import type { SniffedCompression } from '../stream/sniff-compression.ts';

/** The formats that can be read, and `registry`, which is none: an image where it was published. */
export type ArchiveFormat = 'oci-archive' | 'oci' | 'docker-archive' | 'dir' | 'rootfs' | 'registry';

/** Where a blob's bytes lie. */
export interface BlobPlace {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** The entry's name in the archive, the file's path below a layout folder. */
  readonly name: string;
  /** Byte offset of the first data byte in the (uncompressed) archive; null in a folder. */
  readonly offset: number | null;
}

/** One entry of `index.json` (or of a docker archive's manifest.json): where the walk of images starts. */
export interface Root {
  readonly descriptor: Descriptor;
  /** Full image names that point here (`docker.io/library/zoo:1`), as the archive gives them; may be empty. */
  readonly names: readonly string[];
}

/**
 * Something that holds images: an archive file, a layout folder, a registry. The many formats are readers that give this.
 * Nothing is extracted: a blob is read from its place. Blobs are keyed by digest; names in the archive are only places.
 */
export interface ImageSource {
  /** As the user named it; used in places of findings and errors. */
  readonly name: string;
  readonly format: ArchiveFormat;
  /** How the archive file as a whole is compressed; everything inside is told of as if it were not. */
  readonly compression: SniffedCompression;
  /** What decides who else can read it. */
  readonly shape: ContainerShape;
  /** How much of it may be read. */
  readonly limits: ReadLimits;
  /** Bytes of the archive file; the sum of the files for a folder. */
  readonly sizeBytes: number;
  /** In the archive's order. */
  readonly roots: readonly Root[];
  /** What is odd about the container itself (tar rules, index.json, oci-layout), found when it was opened. */
  readonly findings: readonly Finding[];
  /** The repository that has its blobs, so that others of its registry can mount them; absent for what is no registry. */
  readonly mountFrom?: { readonly registry: string; readonly name: string };
  /** Undefined where the blob is absent: a sparse archive. */
  blob(digest: Digest): BlobPlace | undefined;
  /** Every blob that is present, referenced or not, in the order of the archive. */
  blobs(): Iterable<BlobPlace>;
  /**
   * The bytes of a blob from `fromByte` on (0 unless given), in chunks of at most 1 MiB, unchecked; whoever consumes them
   * hashes and counts.
   * A yielded chunk is only valid until the next one is asked for. Throws `archive.read-failed`.
   */
  stream(digest: Digest, fromByte?: number): AsyncIterable<Uint8Array>;
  /** A whole small blob (JSON), checked against digest and size. Throws `blob.absent`, `blob.too-large`, `blob.corrupt`. */
  read(descriptor: Descriptor, maxBytes: number): Promise<Buffer>;
  close(): Promise<void>;
}
