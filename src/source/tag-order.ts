import { compareText } from '../platform/order.ts';

const PRERELEASE = /^[-.~_]?(?:a|alpha|b|beta|c|rc|pre|preview|dev|snapshot|nightly|canary|test)(?![a-z])/i;

interface TagVersion {
  readonly numbers: readonly number[];
  /** What follows the numbers: `-rc1`, `-alpine`. */
  readonly rest: string;
}

/**
 * Whether a tag says of itself that it comes before a release: `v1.0.0-rc1`, `2.0b3`. A number alone does not:
 * `deploy/v10.0.4-54` is the 54th of its kind.
 */
export function isPrereleaseTag(tag: string): boolean {
  return PRERELEASE.test(readVersion(tag).rest);
}

/**
 * Compares tags by the versions in them, older first, so that `v1.9` is before `v1.10` and `v1.0-rc1` before `v1.0`. What is
 * in front of the first digit does not count, nor do folders. Tags without a version come before all others. It is a
 * total order. Specification: none; semver where it applies, git's version sort elsewhere.
 */
export function compareTags(a: string, b: string): number {
  const [one, other] = [readVersion(a), readVersion(b)];
  return (
    Math.sign(Math.min(one.numbers.length, 1) - Math.min(other.numbers.length, 1)) ||
    compareNumbers(one.numbers, other.numbers) ||
    Number(PRERELEASE.test(other.rest)) - Number(PRERELEASE.test(one.rest)) ||
    compareNaturally(one.rest, other.rest) ||
    compareText(a, b)
  );
}

function readVersion(tag: string): TagVersion {
  const name = tag.slice(tag.lastIndexOf('/') + 1);
  const [, version = '', rest = ''] = /^\D*(\d+(?:\.\d+)*)(.*)$/s.exec(name) ?? [];
  // Build metadata has no rank in semver, and here decides only between what is else the same.
  return { numbers: version === '' ? [] : version.split('.').map(Number), rest: version === '' ? name : rest };
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [one, other] = [a[index] ?? 0, b[index] ?? 0];
    // Not by subtraction: runs too long for a number are infinite.
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

function compareNaturally(a: string, b: string): number {
  const [left, right] = [a.match(/\d+|\D+/g) ?? [], b.match(/\d+|\D+/g) ?? []];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [one = '', other = ''] = [left[index], right[index]];
    const areNumbers = /^\d/.test(one) && /^\d/.test(other);
    const order = areNumbers ? compareNumbers([Number(one)], [Number(other)]) : compareText(one, other);
    if (order !== 0) return order;
  }
  return 0;
}
