import type { RecipeLock } from '../lock/lock.ts';
import { formatFamiliar, formatReference } from '../oci/reference.ts';
import { formatPlatform } from '../platform/platform.ts';
import type { ResolvedRecipe } from '../recipe/target.ts';
import { formatDays, type Grade } from '../upstream/health.ts';
import type { ImageState, Verdict } from '../upstream/state.ts';
import { daysBetween } from './age.ts';
import type { ImageRow } from './fleet-row.ts';
import { gradeBy, LIMITS, signal, type FleetSignal } from './signals.ts';

// Images that can be built again have a date of their own choice, 1970 as a rule; before Docker there were none.
const FIRST_IMAGE_SECONDS = Date.parse('2013-03-20T00:00:00Z') / 1000;

/** Gives what is locked and what was observed of an image that a recipe is made from. `nowMs` since 1970. */
export function describeImage(recipe: ResolvedRecipe, state: ImageState, nowMs: number): ImageRow {
  const { name, verdict, reason, observedAt, pinned, found, platforms } = state;
  const isBase = recipe.targets.some(
    ({ image: { base } }) => base.type === 'image' && formatFamiliar(base.reference) === name,
  );
  const createdSeconds = isBase ? oldestBase(recipe, name) : null;
  return {
    name,
    isBase,
    verdict,
    reason,
    observedAt,
    createdAt: createdSeconds === null ? null : new Date(createdSeconds * 1000).toISOString(),
    ageDays: createdSeconds === null ? null : daysBetween(createdSeconds * 1000, nowMs),
    locked: pinned,
    found,
    platforms: platforms.map((each) => ({
      platform: each.platform,
      locked: each.pinned,
      found: each.found,
      verdict: each.verdict,
    })),
  };
}

/** When the oldest of the manifests was made that the recipe is built on; null where none says it. */
function oldestBase({ targets, lock }: ResolvedRecipe, name: string): number | null {
  const dates = targets.flatMap(({ platform, image: { base } }) => {
    if (base.type !== 'image' || formatFamiliar(base.reference) !== name) return [];
    return createdOf(lock, formatReference(base.reference), formatPlatform(platform));
  });
  return dates.length === 0 ? null : Math.min(...dates);
}

function createdOf(lock: RecipeLock | null, key: string, platform: string): readonly number[] {
  const locked = lock?.images.get(key);
  if (locked?.kind !== 'registry') return [];
  const seconds = locked.platforms.get(platform)?.createdSeconds ?? null;
  return seconds === null || seconds < FIRST_IMAGE_SECONDS ? [] : [seconds];
}

/** That nothing is pinned is the lock's matter. */
const GRADES: Readonly<Record<Exclude<Verdict, 'unpinned'>, readonly [Grade, string]>> = {
  current: ['good', 'current'],
  moved: ['fair', 'moved'],
  alarm: ['poor', 'gone'],
  unknown: ['unknown', 'unknown'],
};

/** Gives the signs of an image. */
export function gradeImage({ name, isBase, verdict, reason, ageDays }: ImageRow): readonly FleetSignal[] {
  const signals: FleetSignal[] = [];
  if (verdict !== 'unpinned') {
    const [grade, value] = GRADES[verdict];
    signals.push(signal(isBase ? 'base' : 'images', grade, value, `${name}: ${reason}`));
  }
  if (ageDays !== null) {
    const age = formatDays(ageDays);
    signals.push(signal('base age', gradeBy(LIMITS.baseAge, ageDays), age, `${name} was made ${age} ago`));
  }
  return signals;
}
