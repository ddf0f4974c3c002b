import type { Digest } from '../../oci/digest.ts';

/** One thing that an archive, or a layout folder, is to hold. A pure value: the bytes of blobs are elsewhere. */
export type ArchiveEntry =
  | { readonly kind: 'folder'; readonly name: string }
  | { readonly kind: 'link'; readonly name: string; readonly target: string }
  | { readonly kind: 'file'; readonly name: string; readonly bytes: Buffer }
  | {
      readonly kind: 'blob';
      readonly name: string;
      readonly digest: Digest;
      readonly sizeBytes: number;
      /** Where the bytes are at hand; null where they are to be read. */
      readonly bytes: Buffer | null;
    };
