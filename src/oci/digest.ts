import { createHash } from 'node:crypto';
import { ForkwrightError } from '../errors.ts';

/** `sha256:<64 hex>` or `sha512:<128 hex>`, checked by `parseDigest`. Specification: OCI image-spec, descriptor.md. */
export type Digest = `${'sha256' | 'sha512'}:${string}`;

const GRAMMAR = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Whether a text is a digest of a registered algorithm with its exact length in lower-case hex. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && GRAMMAR.test(text);
}

/** Takes a text from outside and gives it as a digest. Throws `digest.malformed`, with `place` where it was found. */
export function parseDigest(text: unknown, place: string): Digest {
  if (isDigest(text)) return text;
  throw new ForkwrightError('digest.malformed', `${JSON.stringify(text) ?? 'nothing'} is not a digest`, {
    place,
    hint: 'a digest is sha256: and 64 lower-case hex digits, or sha512: and 128',
  });
}

/** The SHA-256 digest of some bytes. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Gives the parts of a digest: `algorithm` as node:crypto names it, `hex`. */
export function digestParts(digest: Digest): { algorithm: 'sha256' | 'sha512'; hex: string } {
  const hex = digest.slice(7);
  return { algorithm: digest.startsWith('sha512:') ? 'sha512' : 'sha256', hex };
}

/** The path of a blob inside an OCI image layout. Specification: OCI image-spec, image-layout.md. */
export function blobPath(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest);
  return `blobs/${algorithm}/${hex}`;
}
