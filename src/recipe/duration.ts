import { ForkwrightError } from '../errors.ts';
import { quoted } from './quoted.ts';

const UNIT_NS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };
const MIN_NS = 1e6;

/**
 * Takes a duration as Go writes it, `1m30s`, and gives nanoseconds. Throws `recipe.invalid-value`; so it does below
 * one millisecond, which Docker refuses in a healthcheck. Specification: Go's time.ParseDuration.
 */
export function parseDuration(text: string): number {
  const isDuration = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([a-zµ]+)/g)];
  const durationNs = Math.round(
    parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT_NS[unit] ?? 0), 0),
  );
  if (isDuration && durationNs >= MIN_NS && Number.isSafeInteger(durationNs)) return durationNs;
  const what = isDuration ? 'is not a duration from 1ms to some weeks' : 'is not a duration';
  throw new ForkwrightError('recipe.invalid-value', `${quoted(text)} ${what}`, { hint: 'like 30s, 1m30s or 500ms' });
}
