import { formatPlatform, type Platform } from './platform.ts';

const FIRST_OS = ['linux'];
const FIRST_ARCH = ['amd64', 'arm64'];

/**
 * Compares two platforms by the order they have in an index: linux first, amd64 and arm64 in front, variants and
 * os.versions descending. image-spec: clients take the first match, so order is selection order.
 */
export function comparePlatforms(a: Platform, b: Platform): number {
  return (
    compareRanked(FIRST_OS, a.os, b.os) ||
    compareRanked(FIRST_ARCH, a.arch, b.arch) ||
    compareNumbers(b.variant, a.variant) ||
    compareNumbers(b.osVersion, a.osVersion) ||
    compareText(formatPlatform(a), formatPlatform(b))
  );
}

function compareRanked(first: readonly string[], a: string, b: string): number {
  const rank = (name: string) => (first.includes(name) ? first.indexOf(name) : first.length);
  return rank(a) - rank(b) || compareText(a, b);
}

/** Compares texts by their runs of digits: `v8` before `v10`, `10.0.9` before `10.0.17763`. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [one, other] = [left[index] ?? -1, right[index] ?? -1];
    // Not by subtraction: runs too long for a number are infinite, and their difference would be NaN.
    if (one !== other) return one < other ? -1 : 1;
  }
  return compareText(a, b);
}

function numbersOf(text: string): readonly number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}

/** By code unit: `localeCompare` would let the machine's locale into the output. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
