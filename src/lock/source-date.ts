import { formatReference } from '../oci/reference.ts';
import { formatPlatform } from '../platform/platform.ts';
import type { Target } from '../recipe/target.ts';
import type { RecipeLock } from './lock.ts';

/**
 * Gives the SOURCE_DATE_EPOCH of a target, seconds since 1970: the newest of its upstream's commit, its patches and its
 * base; null where none of them has a date. Never now. Specification: reproducible-builds.org/specs/source-date-epoch.
 */
export function lockedEpoch(
  { image: { base }, patches, pins, platform }: Target,
  lock: Pick<RecipeLock, 'images'>,
  patchDates: ReadonlyMap<string, number>,
): number | null {
  const image = base.type === 'image' ? lock.images.get(formatReference(base.reference)) : undefined;
  const created = image?.kind === 'registry' ? image.platforms.get(formatPlatform(platform))?.createdSeconds : null;
  const dates = [pins.upstream?.epochSeconds, created, ...patches.map((path) => patchDates.get(path))];
  const known = dates.filter((date) => date !== undefined && date !== null);
  return known.length === 0 ? null : Math.max(...known);
}
