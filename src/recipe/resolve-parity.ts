import { parseReference } from '../oci/reference.ts';
import { parsePlatform } from '../platform/parse.ts';
import { formatPlatform, type Platform } from '../platform/platform.ts';
import type { Report } from './fault.ts';
import type { ParityFields } from './parity-schema.ts';
import type { Parity } from './target.ts';

/** Resolves what an image is compared with. Reports an acceptance on a platform that the recipe does not have. */
export function resolveParity(
  fields: ParityFields | undefined,
  platforms: readonly Platform[],
  report: Report,
): Parity | null {
  if (fields === undefined) return null;
  const known = new Set(platforms.map(formatPlatform));
  const accept = (fields.accept ?? []).map((entry, index) => {
    const given = typeof entry === 'string' ? { what: entry } : entry;
    const platform = given.platform === undefined ? null : formatPlatform(parsePlatform(given.platform));
    // Of a platform that only the other image has nothing is compared but that it is there.
    if (platform !== null && !known.has(platform) && known.size > 0) {
      const what = `the recipe has no platform ${platform}`;
      report(['parity', 'accept', index, 'platform'], 'stray-platform', what, {
        hint: 'leave it out, or name another',
      });
    }
    return { what: given.what, platform, because: given.because ?? null };
  });
  return { image: parseReference(fields.image), accept };
}
