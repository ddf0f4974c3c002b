import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Upstream } from '../../src/recipe/target.ts';
import { chooseRef, newestTag, tagPattern, tagsOf, versionOf } from '../../src/source/choose-ref.ts';
import { compareTags, isPrereleaseTag } from '../../src/source/tag-order.ts';

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(40)) as [string, string, string, string];

const REFS = new Map([
  ['HEAD', A],
  ['refs/heads/main', A],
  ['refs/tags/v1.9.0', B],
  ['refs/tags/v1.10.0', C],
  ['refs/tags/v1.10.0^{}', D],
  ['refs/tags/v2.0.0-rc1', A],
  ['refs/tags/nightly', A],
]);

test.each<[Upstream['track'], string | null, string | null]>([
  [{ kind: 'none' }, 'HEAD', A],
  [{ kind: 'branch', branch: 'main' }, 'refs/heads/main', A],
  [{ kind: 'branch', branch: 'gone' }, null, null],
  // An annotated tag stands for its commit.
  [{ kind: 'tag', pattern: 'v*' }, 'refs/tags/v1.10.0', D],
  [{ kind: 'tag', pattern: 'v1.9.*' }, 'refs/tags/v1.9.0', B],
  [{ kind: 'tag', pattern: 'v2*' }, 'refs/tags/v2.0.0-rc1', A],
  [{ kind: 'tag', pattern: 'x*' }, null, null],
  [{ kind: 'release', range: '>=1.9 <1.10' }, 'refs/tags/v1.9.0', B],
  [{ kind: 'release', range: '>=1' }, 'refs/tags/v1.10.0', D],
  [{ kind: 'release', range: '>=2.0.0-0' }, 'refs/tags/v2.0.0-rc1', A],
  [{ kind: 'release', range: '>=3' }, null, null],
])('of %o it is %s', (track, ref, commit) => {
  expect(chooseRef(track, REFS)).toEqual(ref === null ? null : { ref, commit });
});

test('the newest tag and the tags of a commit', () => {
  expect(newestTag(REFS)).toBe('v1.10.0');
  expect(newestTag(new Map([['refs/tags/nightly', A]]))).toBeNull();
  expect(tagsOf(D, REFS)).toEqual(['v1.10.0']);
  expect(tagsOf(C, REFS)).toEqual([]);
});

test.each([
  ['v*', 'v1/2', true],
  ['v?.0', 'v1.0', true],
  ['v?.0', 'v1x0', false],
  ['v[0-9]*', 'v1', true],
  ['v[!0-9]*', 'v1', false],
  ['v1.+', 'v1.+', true],
  ['v1.+', 'v1.1', false],
])('the pattern %s and the tag %s: %s', (pattern, tag, isMatch) => {
  expect(tagPattern(pattern).test(tag)).toBe(isMatch);
});

test.each([
  ['v1.2.3', '1.2.3'],
  ['1.2', '1.2.0'],
  ['release-1.2.3', '1.2.3'],
  ['cli/v1.2.3', '1.2.3'],
  ['v1.2.3-rc.1', '1.2.3-rc.1'],
  ['nightly', null],
  ['v1', null],
])('the version of %s is %s', (tag, version) => {
  expect(versionOf(tag)).toBe(version);
});

test('tags are ordered by the versions in them', () => {
  const ordered = [
    'nightly',
    'v1.9',
    'v1.10-beta2',
    'v1.10-beta10',
    'v1.10',
    'v1.10.1',
    'deploy/v10.0.4-53',
    'deploy/v10.0.4-54',
  ];
  expect(ordered.toReversed().toSorted(compareTags)).toEqual(ordered);
});

test.each([
  ['v1.0-rc1', true],
  ['v1.0.0-alpha', true],
  ['2.0b3', true],
  ['v10.0.4-54', false],
  ['v1.0-alpine', false],
  ['v1.0', false],
])('whether %s is a prerelease: %s', (tag, expected) => {
  expect(isPrereleaseTag(tag)).toBe(expected);
});

test('the order of tags is total', () => {
  const tag = fc.stringMatching(/^(?:v|x\/)?\d{1,3}(?:\.\d{1,3}){0,2}(?:-?(?:rc|a|b)?\d{0,2})?$/);
  fc.assert(
    fc.property(tag, tag, tag, (a, b, c) => {
      expect(Math.sign(compareTags(a, b)) + Math.sign(compareTags(b, a))).toBe(0);
      const [first = '', , last = ''] = [a, b, c].toSorted(compareTags);
      expect(compareTags(first, last)).toBeLessThanOrEqual(0);
    }),
  );
});
