import { isDigest, type Digest } from '../../../src/oci/digest.ts';
import { refusal } from './answer.ts';

// distribution-spec 1.1, "Pulling manifests".
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

export function requireName(text: string): string {
  if (NAME.test(text) && text.length <= 255) return text;
  throw refusal(400, 'NAME_INVALID', 'invalid repository name', { detail: text });
}

export function requireDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw refusal(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', { detail: text });
}

/** A tag, or a digest. */
export function requireReference(text: string): string {
  if (isDigest(text) || TAG.test(text)) return text;
  if (text.includes(':')) return requireDigest(text);
  throw refusal(400, 'TAG_INVALID', 'manifest tag did not match URI', { detail: text });
}
