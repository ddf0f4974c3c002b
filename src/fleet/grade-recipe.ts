import { compareText } from '../platform/order.ts';
import { worstGrade, WORST_FIRST, type Grade } from '../upstream/health.ts';
import type { FleetRow } from './fleet-row.ts';
import { describeImage, gradeImage } from './grade-image.ts';
import { describeMergeRequest, gradeMergeRequest } from './grade-merge-request.ts';
import { describePatches, gradePatches } from './grade-patches.ts';
import { gradePlatforms, listMissing } from './grade-platforms.ts';
import { describePlatforms, describePublished, gradePublished } from './grade-published.ts';
import { describeUpstream, gradeUpstream, listFollowed } from './grade-upstream.ts';
import type { ForkFacts } from './fork-facts.ts';
import { signal, SIGNALS, worstSignal, type FleetSignal } from './signals.ts';

/** Gives the state of a recipe, graded by its worst sign. `nowMs` since 1970. */
export function gradeRecipe(facts: ForkFacts, nowMs: number): FleetRow {
  const { recipe, state } = facts;
  const upstreams = listFollowed(recipe).flatMap((followed, index) => {
    const [seen, known] = [state.upstreams[index], facts.upstreams[index]];
    if (seen === undefined || known === undefined) return [];
    const row = describeUpstream(followed, seen, known, nowMs);
    const graded = gradeUpstream(followed, seen, known, row, recipe.version);
    // Of several it has to be said which one is meant.
    const isOne = state.upstreams.length === 1;
    return [
      { row, signals: isOne ? graded : graded.map((each) => ({ ...each, reason: `${row.git}: ${each.reason}` })) },
    ];
  });
  const images = state.images.map((each) => describeImage(recipe, each, nowMs));
  const published = describePublished(facts.published);
  const platforms = describePlatforms(recipe, facts.published, facts.inputs);
  const mergeRequest = describeMergeRequest(facts.proposal, nowMs);
  const missingPlatforms = listMissing(recipe, facts.theirPlatforms);
  const patches = describePatches(recipe, facts.patches);
  const all = [
    ...upstreams.flatMap(({ signals }) => signals),
    ...images.flatMap(gradeImage),
    ...gradeLock(facts),
    ...gradePatches(patches, facts.patches),
    ...gradePlatforms(facts.theirPlatforms, missingPlatforms, recipe.targets.length),
    ...gradePublished(published, platforms),
    ...gradeMergeRequest(mergeRequest),
  ];
  const signals = Object.keys(SIGNALS).flatMap((name) => worstSignal(all.filter((each) => each.name === name)));
  const grade = worstGrade(signals);
  return {
    recipe: recipe.name,
    file: recipe.file,
    description: recipe.description,
    version: recipe.version,
    grade,
    reason: explain(signals, grade),
    signals,
    upstreams: upstreams.map(({ row }) => row),
    images,
    patches,
    platforms,
    missingPlatforms,
    published,
    mergeRequest,
  };
}

/** Orders rows with the worst first, and by name. */
export function compareRows(a: FleetRow, b: FleetRow): number {
  return WORST_FIRST.indexOf(a.grade) - WORST_FIRST.indexOf(b.grade) || compareText(a.recipe, b.recipe);
}

function explain(signals: readonly FleetSignal[], grade: Grade): string {
  if (grade === 'good') return 'nothing to do';
  const [first, ...rest] = signals.filter((each) => each.grade === grade);
  const more = rest.length === 0 ? '' : `; and ${rest.map(({ name }) => name).join(', ')}`;
  return `${first?.name ?? ''}: ${first?.reason ?? ''}${more}`;
}

function gradeLock({ recipe: { lock }, inputs, lockFaults }: ForkFacts): readonly FleetSignal[] {
  if (lock !== null) {
    const [first] = lockFaults;
    if (first === undefined) return [signal('lock', 'good', 'current', 'all is locked as the recipe says')];
    const more = lockFaults.length === 1 ? '' : `; and ${lockFaults.length - 1} more`;
    return [signal('lock', 'fair', 'stale', `${first.text}${more}`)];
  }
  const open = new Set([...inputs.values()].flatMap((each) => each.open));
  if (open.size === 0) return [signal('lock', 'good', 'not needed', 'there is no lock, and nothing is left open')];
  const names = [...open].toSorted(compareText).join(', ');
  return [signal('lock', 'fair', 'none', `there is no lock, so that two builds may differ in ${names}`)];
}
