import type { Descriptor } from './descriptor.ts';

/** An image index or Docker manifest list, parsed. Specification: OCI image-spec, image-index.md. */
export interface IndexDocument {
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly artifactType: string | null;
  readonly subject: Descriptor | null;
}

/** An image manifest, parsed. Specification: OCI image-spec, manifest.md; Docker image manifest v2 schema 2. */
export interface ManifestDocument {
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly artifactType: string | null;
  readonly subject: Descriptor | null;
}
