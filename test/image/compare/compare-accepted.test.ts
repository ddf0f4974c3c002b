import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeDifferences } from '../../../src/image/compare/compare-accepted.ts';

const difference = (what: string, platform = 'linux/amd64') => ({ what, platform, ours: 'a', theirs: 'b' });
const accept = (what: string, platform: string | null = null) => ({ what, platform, because: null });

test.each([
  ['config.user', 'config.user', true],
  ['config.user', 'config.user2', false],
  ['packages.*', 'packages.xz', true],
  ['packages.*', 'packages.', true],
  ['packages.*', 'package.xz', false],
  ['files./usr/*/doc', 'files./usr/a/b/doc', true],
  ['files./usr/*/doc', 'files./usr/doc', false],
  ['files./a*a', 'files./a', false],
  ['files.*lib*so*', 'files./usr/lib/x.so.1', true],
])('%s accepts %s: %s', (what, found, isAccepted) => {
  const { judged } = judgeDifferences([difference(found)], [accept(what)]);
  expect(judged[0]?.accepted !== null).toBe(isAccepted);
});

test('an acceptance of one platform is for that one; those that fit nothing are given', () => {
  const amd64 = accept('config.user', 'linux/amd64');
  const all = accept('config.*');
  const unused = accept('packages.xz');
  const differences = [difference('config.user'), difference('config.user', 'linux/arm64')];
  expect(judgeDifferences(differences, [amd64, all, unused])).toEqual({
    judged: [
      { ...differences[0], accepted: amd64 },
      { ...differences[1], accepted: all },
    ],
    unused: [unused],
  });
});

test('stars stand for what they stand for in a regular expression', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
  fc.assert(
    fc.property(text, text, (pattern, found) => {
      const plain = found.replaceAll('*', 'c');
      const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(plain);
      const { judged } = judgeDifferences([difference(plain)], [accept(pattern)]);
      expect(judged[0]?.accepted !== null).toBe(expected);
    }),
    { numRuns: 500 },
  );
});
