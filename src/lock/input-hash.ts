import { digestOf, type Digest } from '../oci/digest.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Leaves } from './input-leaves.ts';

/** Gives the input hash of a target: the SHA-256 of the canonical JSON of all that decides its image. */
export function inputHash(leaves: Leaves): Digest {
  return digestOf(canonicalJson(leaves));
}
