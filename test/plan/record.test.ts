import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../src/lock/canonical-json.ts';
import { inputHash } from '../../src/lock/input-hash.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { annotateInputs, makeRecord, readRecord } from '../../src/plan/record.ts';
import { INPUT_HASH_ANNOTATION, INPUTS_ANNOTATION } from '../../src/oci/record-annotations.ts';

const leaves = fc.dictionary(
  fc.oneof(fc.constantFrom('__proto__', 'image a', 'image A', 'constructor'), fc.string({ unit: 'binary' })),
  fc.string({ unit: 'binary' }),
);

test('a record comes back out of its annotations', () => {
  fc.assert(
    fc.property(leaves, (some) => {
      const record = makeRecord(some);
      const annotations = annotateInputs(record);
      expect(readRecord({ ...annotations, 'other.key': 'x' })).toEqual(record);
      expect(annotations[INPUT_HASH_ANNOTATION]).toBe(inputHash(some));
      expect(digestOf(annotations[INPUTS_ANNOTATION] ?? '')).toBe(inputHash(some));
    }),
  );
});

test('a leaf that was changed makes it no record', () => {
  fc.assert(
    fc.property(leaves, fc.string(), (some, more) => {
      const { [INPUT_HASH_ANNOTATION]: hash = '' } = annotateInputs(makeRecord(some));
      const text = canonicalJson({ ...some, [`another ${more}`]: more });
      expect(readRecord({ [INPUT_HASH_ANNOTATION]: hash, [INPUTS_ANNOTATION]: text })).toBeNull();
    }),
  );
});

function annotate(text: string): Readonly<Record<string, string>> {
  return { [INPUT_HASH_ANNOTATION]: digestOf(text), [INPUTS_ANNOTATION]: text };
}

test.each([
  ['none', undefined],
  ['nothing about inputs', { 'org.opencontainers.image.created': 'x' }],
  ['the hash alone', { [INPUT_HASH_ANNOTATION]: digestOf('{}') }],
  ['the leaves alone', { [INPUTS_ANNOTATION]: '{}' }],
  ['no digest', { [INPUT_HASH_ANNOTATION]: 'x', [INPUTS_ANNOTATION]: '{}' }],
  ['no JSON', annotate('{')],
  ['a list', annotate('[]')],
  ['a text', annotate('"x"')],
  ['null', annotate('null')],
  ['a leaf that is no text', annotate('{"a":1}')],
  ['white space', annotate('{"a": "b"}')],
  ['another order', annotate('{"b":"b","a":"a"}')],
  ['a key that is there twice', annotate('{"a":"a","a":"b"}')],
  ['half of a surrogate pair', annotate('{"a":"\\ud800"}')],
])('annotations with %s are no record', (_, annotations) => {
  expect(readRecord(annotations)).toBeNull();
});
