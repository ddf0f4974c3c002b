import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';

/** A manifest or an index, its bytes as the registry has them, checked against the digest. */
export interface ManifestContent {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly digest: Digest;
}

/** What a registry says of a manifest without sending it. */
export interface ManifestHead {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly mediaType: string;
}

/** A blob that is to be in a repository. */
export interface BlobContent {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /**
   * Its bytes from an offset on, in chunks that are valid until the next one is asked for. It is called anew for each
   * request: a body that was sent in part cannot be sent again.
   */
  readonly open: (fromByte: number) => AsyncIterable<Uint8Array>;
  /** Hashes all of it, once. Throws where it is not what its digest says. */
  readonly verify: () => Promise<void>;
  /** Where its bytes come from, for places of errors. */
  readonly origin: string;
}

/** How a blob came to be in a repository. */
export type BlobOutcome = 'present' | 'mounted' | 'sent';

export interface BlobWriteOptions {
  /** Repositories of the same registry that have the blob; mounting is tried from them, in this order. */
  readonly mountFrom: readonly string[];
  /** The repository was asked just now and does not have it: not asked again before the first try. False unless given. */
  readonly isKnownAbsent?: boolean;
  /** Bytes that went out, or a negative number where an upload has to go back. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * One repository of a registry. Every method tries again where a failure may pass, authenticates where it is asked to,
 * and throws a `ForkwrightError` that says host, repository, what failed how often, the registry's code and message, and
 * what to do; never a token or the query of a signed URL. Specification: OCI distribution-spec 1.1.
 */
export interface Repository {
  /** Host with port, as it is written in names: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  /** `library/alpine`. */
  readonly name: string;
  /** `reference` is a tag or a digest. Null where the registry has no such manifest. */
  headManifest(reference: string): Promise<ManifestHead | null>;
  /** Throws `registry.not-found`, `registry.bad-content` where the bytes are not those of the digest. */
  readManifest(reference: string): Promise<ManifestContent>;
  /**
   * Puts a manifest under its digest, or under a tag, and checks the digest that the registry answers. Whoever calls has
   * put everything that it refers to. Where a manifest has a subject and the registry keeps no list of referrers itself,
   * the tag with that list is brought up to date.
   */
  writeManifest(manifest: ManifestContent, tag: string | null): Promise<void>;
  hasBlob(digest: Digest): Promise<boolean>;
  /**
   * A blob's bytes from `fromByte` on; after a lost connection it goes on where it was. Exactly `sizeBytes - fromByte` bytes
   * come, or an error; whoever consumes them hashes them.
   */
  readBlob(blob: Pick<Descriptor, 'digest' | 'sizeBytes'>, fromByte?: number): AsyncIterable<Uint8Array>;
  /** As `readBlob`, for what is done with the bytes at once: `take` gets them as they come. Throws what `take` throws. */
  takeBlob(
    blob: Pick<Descriptor, 'digest' | 'sizeBytes'>,
    fromByte: number,
    take: (chunk: Uint8Array) => void,
  ): Promise<void>;
  /**
   * Sees to it that the blob is there: found, mounted or sent. The registry hashes what it takes; where it refuses that, or
   * does not say which digest it found, the blob is verified here.
   */
  writeBlob(content: BlobContent, options: BlobWriteOptions): Promise<BlobOutcome>;
  /** What refers to a manifest by `subject`, by the referrers API or its tag; empty where there is neither. */
  listReferrers(digest: Digest): Promise<readonly Descriptor[]>;
  listTags(): Promise<readonly string[]>;
}
