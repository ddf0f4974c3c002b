import { satisfies, validRange } from 'semver';

/** Whether a version is in one of the ranges, as advisories write them; null where that cannot be told. */
export function isConcerned(version: string | null, ranges: readonly string[]): boolean | null {
  if (version === null || ranges.length === 0) return null;
  const known = ranges.map((range) => range.replaceAll(',', ' ')).filter((range) => validRange(range) !== null);
  if (known.some((range) => satisfies(version, range, { includePrerelease: true }))) return true;
  return known.length < ranges.length ? null : false;
}
