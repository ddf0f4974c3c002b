import type { Leaves } from '../lock/input-leaves.ts';
import type { Digest } from '../oci/digest.ts';

/** What an image was built from, as it is kept with it. */
export interface InputRecord {
  readonly inputHash: Digest;
  readonly leaves: Leaves;
}

/** On the descriptor of an image in its index: the input hash, a digest. */
export const INPUT_HASH_ANNOTATION = 'io.forkwright.input-hash';

/** On the descriptor of an image in its index: the leaves of the input hash, as canonical JSON. */
export const INPUTS_ANNOTATION = 'io.forkwright.inputs';
