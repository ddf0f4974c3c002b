import { judgeDifferences } from '../image/compare/compare-accepted.ts';
import { formatPlatform } from '../platform/platform.ts';
import type { ResolvedRecipe } from '../recipe/target.ts';
import { valueOf, type Asked } from './asked.ts';
import { signal, type FleetSignal } from './signals.ts';

type Theirs = Asked<readonly string[] | null>;

/**
 * Lists the platforms of upstream's own image that a recipe has not, and does not accept to do without; null where they
 * are not known.
 */
export function listMissing({ targets, parity }: ResolvedRecipe, theirPlatforms: Theirs): readonly string[] | null {
  const theirs = valueOf(theirPlatforms);
  if (theirs === null) return null;
  const ours = new Set(targets.map(({ platform }) => formatPlatform(platform)));
  const differences = theirs
    .filter((platform) => !ours.has(platform))
    .map((platform) => ({ what: `platforms.${platform}`, platform, ours: null, theirs: platform }));
  const { judged } = judgeDifferences(differences, parity?.accept ?? []);
  return judged.filter(({ accepted }) => accepted === null).map(({ platform }) => platform);
}

/** Gives the sign of the platforms; none where no image of upstream's is named. */
export function gradePlatforms(
  theirPlatforms: Theirs,
  missing: readonly string[] | null,
  count: number,
): readonly FleetSignal[] {
  if (theirPlatforms.state === 'not-asked') return [];
  if (theirPlatforms.state === 'unknown') return [signal('platforms', 'unknown', 'unknown', theirPlatforms.reason)];
  if (missing === null)
    return [signal('platforms', 'fair', 'image gone', "upstream's own image is not there any more")];
  if (missing.length === 0)
    return [signal('platforms', 'good', `${count}`, "it has all platforms of upstream's image")];
  const reason = `upstream's image also has ${missing.join(', ')}`;
  return [signal('platforms', 'fair', `${missing.length} missing`, reason)];
}
