import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inputHash } from '../../src/lock/input-hash.ts';
import { diffLeaves } from '../../src/plan/diff-leaves.ts';

test('what is other, what is new and what is gone, by name', () => {
  const old = { builder: 'buildx', 'package tar': '1.35-r2', 'source tree': 'aaaa' };
  const fresh = { builder: 'buildx', 'patch 1': 'sha256:1', 'source tree': 'bbbb' };
  expect(diffLeaves(old, fresh)).toEqual([
    { leaf: 'package tar', old: '1.35-r2', new: null },
    { leaf: 'patch 1', old: null, new: 'sha256:1' },
    { leaf: 'source tree', old: 'aaaa', new: 'bbbb' },
  ]);
});

test('a leaf may be called like a property of every object', () => {
  expect(diffLeaves({}, JSON.parse('{"__proto__": "1", "constructor": "2"}') as Record<string, string>)).toEqual([
    { leaf: '__proto__', old: null, new: '1' },
    { leaf: 'constructor', old: null, new: '2' },
  ]);
});

test('there is a difference if and only if the input hashes differ', () => {
  const leaves = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'image x'), fc.constantFrom('', '1', '2'));
  fc.assert(
    fc.property(leaves, leaves, (old, fresh) => {
      expect(diffLeaves(old, fresh).length === 0).toBe(inputHash(old) === inputHash(fresh));
    }),
  );
});
