import type { TargetInputs } from '../lock/target-inputs.ts';
import { diffLeaves } from '../plan/diff-leaves.ts';
import type { LeafChange } from '../plan/plan.ts';
import type { PublishedImage, PublishedTarget } from '../plan/published-image.ts';
import { formatPlatform } from '../platform/platform.ts';
import type { ResolvedRecipe } from '../recipe/target.ts';
import type { Asked } from './asked.ts';
import type { PlatformRow, PublishedRow, PublishedState } from './fleet-row.ts';
import { signal, type FleetSignal } from './signals.ts';

const SHOWN_LEAVES = 3;

/** Gives what is published of a recipe as a whole. */
export function describePublished(published: Asked<PublishedImage | null>): PublishedRow {
  if (published.state !== 'known') {
    return { state: published.state, name: null, digest: null, reason: published.reason };
  }
  if (published.value === null) return { state: 'none', name: null, digest: null, reason: 'nothing is published' };
  const { name, digest } = published.value;
  return { state: 'there', name, digest, reason: `${name} is published` };
}

/** Holds what is published of each platform of a recipe to what would be built now, in index order. */
export function describePlatforms(
  { targets }: ResolvedRecipe,
  published: Asked<PublishedImage | null>,
  inputs: ReadonlyMap<string, TargetInputs>,
): readonly PlatformRow[] {
  return targets.map((target) => {
    const platform = formatPlatform(target.platform);
    const wanted = inputs.get(platform) ?? null;
    const inputHash = wanted === null || wanted.open.length > 0 ? null : wanted.inputHash;
    const found = published.state === 'known' ? (published.value?.platforms.get(platform) ?? null) : null;
    const changes =
      found === null || found.record === null || wanted === null || inputHash === null
        ? []
        : diffLeaves(found.record.leaves, wanted.leaves);
    return {
      platform,
      ...judgeTarget(published, found, wanted, changes),
      inputHash,
      publishedInputHash: found?.record?.inputHash ?? null,
      digest: found?.digest ?? null,
      changes,
    };
  });
}

function judgeTarget(
  published: Asked<PublishedImage | null>,
  found: PublishedTarget | null,
  wanted: TargetInputs | null,
  changes: readonly LeafChange[],
): Pick<PlatformRow, 'state' | 'reason'> {
  if (published.state !== 'known') return { state: published.state, reason: published.reason };
  const image = published.value;
  if (image === null) return { state: 'missing', reason: 'it was never published' };
  if (found === null) {
    // Of a single manifest nothing says the platform.
    return image.platforms.size > 0
      ? { state: 'missing', reason: `${image.name} does not have it` }
      : { state: 'unknown', reason: `${image.name} does not say its platform` };
  }
  if (found.record === null) return { state: 'unknown', reason: 'nothing says what it was built from' };
  if (wanted === null || wanted.open.length > 0) {
    return { state: 'unknown', reason: `not locked: ${listSome(wanted?.open ?? [])}` };
  }
  if (found.record.inputHash === wanted.inputHash) return { state: 'current', reason: 'it is what would be built now' };
  return { state: 'older', reason: `changed since: ${listSome(changes.map(({ leaf }) => leaf))}` };
}

const WORST_FIRST: readonly PublishedState[] = ['missing', 'older', 'unknown'];
const GRADES = { missing: 'poor', older: 'fair', unknown: 'unknown' } as const;

/** Gives the sign of what is published; none where nobody was asked. */
export function gradePublished(row: PublishedRow, platforms: readonly PlatformRow[]): readonly FleetSignal[] {
  switch (row.state) {
    case 'not-asked':
      return [];
    case 'unknown':
      return [signal('published', 'unknown', 'unknown', row.reason)];
    case 'none':
      return [signal('published', 'poor', 'never', row.reason)];
    case 'there':
      return [gradeTargets(row, platforms)];
  }
}

function gradeTargets({ name }: PublishedRow, platforms: readonly PlatformRow[]): FleetSignal {
  const worst = WORST_FIRST.find((state) => platforms.some((each) => each.state === state));
  if (worst !== 'missing' && worst !== 'older' && worst !== 'unknown') {
    return signal('published', 'good', 'current', `${name ?? 'it'} is what would be built now`);
  }
  const reasons = new Map<string, string[]>();
  for (const { platform, reason } of platforms.filter(({ state }) => state === worst)) {
    reasons.set(reason, [...(reasons.get(reason) ?? []), platform]);
  }
  const listed = [...reasons].map(([reason, names]) => {
    return `${names.length === platforms.length && names.length > 1 ? 'all platforms' : names.join(', ')}: ${reason}`;
  });
  return signal('published', GRADES[worst], worst, listed.join('; '));
}

function listSome(names: readonly string[]): string {
  const rest = names.length - SHOWN_LEAVES;
  return `${names.slice(0, SHOWN_LEAVES).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
