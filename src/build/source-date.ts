import { ForkwrightError } from '../errors.ts';

/**
 * The one time stamp of everything that is built, in seconds since 1970 (UTC): SOURCE_DATE_EPOCH; null where it is not
 * set. The clock is never asked. Throws `build.source-date-epoch`. Specification: reproducible-builds.org/specs/source-date-epoch.
 */
export function readSourceDateEpoch(env: Readonly<Record<string, string | undefined>>): number | null {
  const text = env['SOURCE_DATE_EPOCH'] ?? '';
  if (text === '') return null;
  const seconds = Number(text);
  // 8^11 - 1 is what a tar header holds without extensions; it lies in the year 2242.
  if (/^\d+$/.test(text) && seconds < 8 ** 11) return seconds;
  throw new ForkwrightError('build.source-date-epoch', `SOURCE_DATE_EPOCH is ${JSON.stringify(text)}`, {
    hint: 'give it as whole seconds since 1970, for example: git log -1 --format=%ct',
  });
}

/** Seconds since 1970 as image configs have them (RFC 3339, UTC). */
export function formatCreated(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().replace('.000Z', 'Z');
}
