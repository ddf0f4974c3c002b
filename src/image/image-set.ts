import type { Platform } from '../platform/platform.ts';
import type { ConfigDocument } from '../oci/config.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { IndexDocument, ManifestDocument } from '../oci/manifest.ts';

/** A manifest of an archive with what it refers to, read and checked. */
export interface LoadedImage {
  readonly kind: 'image';
  readonly descriptor: Descriptor;
  /** The manifest's own bytes; they are passed on as they are. */
  readonly raw: Buffer;
  readonly manifest: ManifestDocument;
  /** The config's bytes and meaning; null where the blob is absent or the manifest is no image (artifact, attestation). */
  readonly config: { readonly raw: Buffer; readonly document: ConfigDocument } | null;
  /** From the config, else the descriptor; null for attestations and artifacts. */
  readonly platform: Platform | null;
}

/** An index with its children; a child is absent in a sparse archive. */
export interface LoadedIndex {
  readonly kind: 'index';
  readonly descriptor: Descriptor;
  readonly raw: Buffer;
  readonly document: IndexDocument;
  readonly children: readonly LoadedNode[];
}

/** A descriptor whose blob the archive does not hold. */
export interface AbsentNode {
  readonly kind: 'absent';
  readonly descriptor: Descriptor;
}

export type LoadedNode = LoadedImage | LoadedIndex | AbsentNode;

/** Everything small that an archive holds: the graph from its roots to its configs, without layers. A pure value. */
export interface ImageSet {
  /** The archive as the user named it. */
  readonly source: string;
  readonly roots: readonly { readonly names: readonly string[]; readonly node: LoadedNode }[];
}
