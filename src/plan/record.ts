import { canonicalJson } from '../lock/canonical-json.ts';
import { inputHash } from '../lock/input-hash.ts';
import type { Leaves } from '../lock/input-leaves.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { INPUT_HASH_ANNOTATION, INPUTS_ANNOTATION } from '../oci/record-annotations.ts';
import { parseJson } from '../oci/parse-json.ts';

/** What an image was built from, as it is kept with it. */
export interface InputRecord {
  readonly inputHash: Digest;
  readonly leaves: Leaves;
}

/** Gives the annotations that keep a record with its image: the hash, and the very text that it is the SHA-256 of. */
export function annotateInputs({ inputHash, leaves }: InputRecord): Readonly<Record<string, string>> {
  return { [INPUT_HASH_ANNOTATION]: inputHash, [INPUTS_ANNOTATION]: canonicalJson(leaves) };
}

/**
 * Gives the record that the annotations of a descriptor hold; null where there is none, and where what is there is no
 * record: anybody can write annotations, and one whose hash is not that of its leaves says nothing.
 */
export function readRecord(annotations: Readonly<Record<string, string>> | undefined): InputRecord | null {
  const hash = annotations?.[INPUT_HASH_ANNOTATION];
  const text = annotations?.[INPUTS_ANNOTATION];
  if (hash === undefined || text === undefined || digestOf(text) !== hash) return null;
  const leaves = toLeaves(parseJson(text));
  return leaves === null || canonicalJson(leaves) !== text ? null : makeRecord(leaves);
}

/** Gives the record of leaves. */
export function makeRecord(leaves: Leaves): InputRecord {
  return { inputHash: inputHash(leaves), leaves };
}

/** Takes a value of JSON for leaves; null for what is no flat map of texts. */
export function toLeaves(value: unknown): Leaves | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const entries: [string, string][] = [];
  for (const [name, leaf] of Object.entries(value)) {
    if (typeof leaf !== 'string' || !isWhole(name) || !isWhole(leaf)) return null;
    entries.push([name, leaf]);
  }
  return Object.fromEntries(entries);
}

/** Half of a surrogate pair has no canonical form. */
function isWhole(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}
