import type { ResolvedRecipe } from '../recipe/target.ts';
import type { PatchVerdict } from '../source/patch-verdict.ts';
import type { Grade } from '../upstream/health.ts';
import { valueOf, type Asked } from './asked.ts';
import type { FleetRow } from './fleet-row.ts';
import { signal, type FleetSignal } from './signals.ts';

type State = PatchVerdict['state'];

const WORST_FIRST: readonly State[] = ['conflict', 'refresh', 'merged', 'applies'];
// What upstream has for one platform and not for another cannot be dropped.
const OF_SEVERAL: readonly State[] = ['conflict', 'refresh', 'applies', 'merged'];
const GRADES: Readonly<Record<State, Grade>> = { applies: 'good', merged: 'fair', refresh: 'fair', conflict: 'poor' };
const REASONS: Readonly<Record<State, string>> = {
  applies: 'all of them apply',
  merged: 'upstream has it already',
  refresh: 'it fits once it is refreshed',
  conflict: 'it fits nowhere any more',
};

/** Lists the patches of all targets of a recipe, each with what becomes of it; null where nobody tried it. */
export function describePatches(
  { targets }: ResolvedRecipe,
  patches: Asked<readonly PatchVerdict[]>,
): FleetRow['patches'] {
  const verdicts = valueOf(patches) ?? [];
  return [...new Set(targets.flatMap((target) => target.patches))].map((path) => {
    const own = verdicts.filter((verdict) => verdict.path === path);
    return { path, state: OF_SEVERAL.find((state) => own.some((verdict) => verdict.state === state)) ?? null };
  });
}

/** Gives the sign of the patches; none where nobody tried them, or there are none. */
export function gradePatches(
  rows: FleetRow['patches'],
  patches: Asked<readonly PatchVerdict[]>,
): readonly FleetSignal[] {
  if (patches.state === 'not-asked' || rows.length === 0) return [];
  if (patches.state === 'unknown') return [signal('patches', 'unknown', 'unknown', patches.reason)];
  const worst = WORST_FIRST.find((each) => rows.some(({ state }) => state === each)) ?? 'applies';
  if (worst === 'applies') return [signal('patches', 'good', `${rows.length} apply`, REASONS.applies)];
  const names = rows.filter(({ state }) => state === worst).map(({ path }) => path.replace(/^.*\//, ''));
  return [signal('patches', GRADES[worst], `${names.length} ${worst}`, `${names.join(', ')}: ${REASONS[worst]}`)];
}
