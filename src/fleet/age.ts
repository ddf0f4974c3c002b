const DAY_MS = 24 * 60 * 60 * 1000;

/** Whole days between two times, both in milliseconds since 1970; never negative, since clocks differ. */
export function daysBetween(thenMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - thenMs) / DAY_MS));
}
