/** On the descriptor of an image in its index: the digest of what it was built from. */
export const INPUT_HASH_ANNOTATION = 'io.forkwright.input-hash';

/** On the same descriptor: what it was built from, as canonical JSON. */
export const INPUTS_ANNOTATION = 'io.forkwright.inputs';
