import { isDigest, type Digest } from '../../oci/digest.ts';

/** The digest that an entry's name in an OCI layout stands for; null for names of anything else. */
export function digestOfName(name: string): Digest | null {
  const digest = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(name)?.slice(1).join(':');
  return isDigest(digest) ? digest : null;
}
