import type { Platform } from '../platform/platform.ts';
import type { Digest } from './digest.ts';

/** A descriptor as it was read and checked. Specification: OCI image-spec, descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Normalised; null where the descriptor has none. `unknown/unknown` is kept as it is. */
  readonly platform: Platform | null;
  readonly annotations: Readonly<Record<string, string>>;
  readonly artifactType: string | null;
  readonly urls: readonly string[];
  /** The decoded `data` field, already checked against digest and size; null where there is none. */
  readonly data: Buffer | null;
}

/** The annotations and values by which BuildKit ties an attestation manifest to its subject. */
export const ATTESTATION = {
  typeKey: 'vnd.docker.reference.type',
  typeValue: 'attestation-manifest',
  subjectKey: 'vnd.docker.reference.digest',
} as const;

/** Whether a descriptor of an index is BuildKit's attestation manifest of another child. */
export function isAttestation(descriptor: Descriptor): boolean {
  return descriptor.annotations[ATTESTATION.typeKey] === ATTESTATION.typeValue;
}
