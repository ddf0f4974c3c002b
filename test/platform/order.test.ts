import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalisePlatform } from '../../src/platform/normalise.ts';
import { comparePlatforms, compareText } from '../../src/platform/order.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import { formatPlatform, isSamePlatform } from '../../src/platform/platform.ts';

const IN_ORDER = [
  'linux/amd64/v3',
  'linux/amd64/v2',
  'linux/amd64',
  'linux/arm64/v9',
  'linux/arm64',
  'linux/386',
  'linux/arm/v7',
  'linux/arm/v6',
  'linux/arm/v5',
  'linux/loong64',
  'linux/ppc64le',
  'linux/riscv64',
  'linux/s390x',
  'darwin/arm64',
  'windows(10.0.26100.1742)/amd64',
  'windows(10.0.20348.2966)/amd64',
  'windows(10.0.20348.9)/amd64',
  'windows(10.0.17763.6293)/amd64',
  'windows/amd64',
  'windows/arm64',
];

// What descriptors of others may hold: any words, versions of any length.
const word = fc.oneof(
  fc.constantFrom('linux', 'windows', 'amd64', 'arm64', 'arm', 'v7', 'v8', 'v10', ''),
  fc.string({ maxLength: 4 }),
);
const version = fc.oneof(
  fc.array(fc.nat(), { maxLength: 4 }).map((parts) => parts.join('.')),
  fc.constantFrom('9'.repeat(400), '8'.repeat(400)),
);
const platforms = fc
  .record({
    os: word,
    architecture: word,
    variant: word,
    osVersion: version,
    osFeatures: fc.array(word, { maxLength: 2 }),
  })
  .map(normalisePlatform);

test('the order of an index, whatever the order it is sorted from', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(IN_ORDER, { minLength: IN_ORDER.length }), (shuffled) => {
      expect(shuffled.map(parsePlatform).toSorted(comparePlatforms).map(formatPlatform)).toEqual(IN_ORDER);
    }),
  );
});

test('the order is total: antisymmetric, and 0 for the same platform only', () => {
  fc.assert(
    fc.property(platforms, platforms, (a, b) => {
      expect(Math.sign(comparePlatforms(a, b)) + Math.sign(comparePlatforms(b, a))).toBe(0);
      expect(comparePlatforms(a, b) === 0).toBe(isSamePlatform(a, b));
    }),
  );
});

test('the order is total: transitive', () => {
  fc.assert(
    fc.property(platforms, platforms, platforms, (...three) => {
      const sorted = three.toSorted(comparePlatforms);
      for (const [index, one] of sorted.entries()) {
        for (const later of sorted.slice(index + 1)) expect(comparePlatforms(one, later)).toBeLessThanOrEqual(0);
      }
    }),
    { numRuns: 500 },
  );
});

test('texts are compared by code unit, not by the words of a language', () => {
  expect(['b', 'a', 'B', 'ä', 'Z', 'z', 'a1', 'a'].toSorted(compareText)).toEqual([
    'B',
    'Z',
    'a',
    'a',
    'a1',
    'b',
    'z',
    'ä',
  ]);
});
