import pMap from 'p-map';
import { ForkwrightError } from '../../errors.ts';
import { hasFailed, type Finding } from '../../finding.ts';
import { loadWorkspace } from '../../recipe/load.ts';
import { maskCredentials } from '../../recipe/quoted.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import { describeSeries } from '../../source/patch-findings.ts';
import type { JudgedSeries } from '../../source/patch-series.ts';
import type { PatchVerdict } from '../../source/patch-verdict.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { toFinding } from '../error-finding.ts';
import { openPatches, planRefresh, writeRefresh, type JudgePatches } from '../patch/recipe.ts';
import { countStates, formatChanges, formatPatches, type RecipePatches } from '../patch/text.ts';

const RECIPES_AT_ONCE = 4;

export interface PatchArguments {
  readonly action: 'status' | 'refresh';
  /** Names; none for all, which `refresh` does not take. */
  readonly recipes: readonly string[];
  /** Whether patches are held to the commit that is built, and not to the newest of what is followed. */
  readonly isLocked: boolean;
  /** Whether `refresh` writes nothing. */
  readonly isDryRun: boolean;
}

interface Judged extends RecipePatches {
  readonly findings: readonly Finding[];
}

/**
 * `forkwright patch`: what becomes of recipes' patches on a commit, and with `refresh` writes the series that fits it. A
 * recipe with a conflict is left as it is, and ends it with 1; one that cannot be looked at with 2, and neither keeps the
 * others from theirs. Throws `usage.patch`, `recipe.unknown-name`, `cache.no-folder`.
 */
export async function patchCommand(given: PatchArguments, invocation: Invocation): Promise<CommandResult> {
  const { action, isDryRun, isLocked } = given;
  if (action === 'refresh' && given.recipes.length === 0) {
    throw new ForkwrightError('usage.patch', 'patch refresh needs the names of recipes', {
      hint: '`forkwright patch status` says of which',
    });
  }
  if (action === 'status' && isDryRun) {
    throw new ForkwrightError('usage.patch', 'patch status writes nothing anyway', { hint: 'leave out --dry-run' });
  }
  const { workspace, findings } = await loadWorkspace(invocation.root, given.recipes);
  // What is wrong with a recipe is told; its warnings are those of `validate`.
  const faults = findings.filter(({ severity }) => severity === 'error');
  const judge = openPatches(workspace.root, isLocked, invocation);
  const work = (recipe: ResolvedRecipe) =>
    action === 'status' ? examine(recipe, judge) : refresh(recipe, judge, workspace.root, isDryRun);
  const judged = await pMap(
    workspace.recipes,
    (recipe) => work(recipe).catch((error: unknown) => explain(recipe, error, invocation.signal)),
    { concurrency: RECIPES_AT_ONCE },
  );
  return {
    schema: 'forkwright.patch/v1',
    json: { action, locked: isLocked, dryRun: isDryRun, counts: countStates(judged), recipes: judged.map(toJson) },
    text: formatPatches(judged, invocation.style) + formatChanges(judged, isDryRun),
    findings: [...faults, ...judged.flatMap((each) => each.findings)],
    ...(judged.every(({ isKnown }) => isKnown) ? {} : { exitCode: 2 as const }),
  };
}

async function examine(recipe: ResolvedRecipe, judge: JudgePatches): Promise<Judged> {
  const series = await judge(recipe);
  return { recipe: recipe.name, series, changes: [], findings: describeSeries(series), isKnown: true };
}

async function refresh(recipe: ResolvedRecipe, judge: JudgePatches, root: string, isDryRun: boolean): Promise<Judged> {
  const series = await judge(recipe);
  const common = { recipe: recipe.name, series, isKnown: true };
  const described = describeSeries(series);
  if (hasFailed(described, false)) return { ...common, changes: [], findings: described };
  const changes = await planRefresh(root, recipe, series);
  if (!isDryRun) await writeRefresh(root, changes);
  // What there was to be done about patches is done.
  return { ...common, changes, findings: changes.length === 0 ? [] : findOtherCommits(recipe, series) };
}

/** Patches that were made for another commit than the one that is built. */
function findOtherCommits({ name, file }: ResolvedRecipe, series: readonly JudgedSeries[]): readonly Finding[] {
  const other = series.find(({ commit, upstream }) => upstream.commit !== null && upstream.commit !== commit);
  if (other === undefined) return [];
  const text = `its patches now fit ${other.commit}, and it is built from ${other.upstream.commit}`;
  const hint = `run \`forkwright lock ${name} --update upstream\`; a commit in the recipe has to be changed there`;
  return [{ code: 'patch.other-commit', severity: 'warning', place: file, text, hint }];
}

function explain({ name, file }: ResolvedRecipe, error: unknown, signal: AbortSignal): Judged {
  if (signal.aborted || !(error instanceof ForkwrightError)) throw error;
  const finding = toFinding(error);
  const place = finding.place.startsWith(file) ? finding.place : `${file}: ${finding.place}`;
  return { recipe: name, series: [], changes: [], findings: [{ ...finding, place }], isKnown: false };
}

function toJson({ recipe, series, changes }: Judged): Readonly<Record<string, unknown>> {
  return {
    recipe,
    series: series.map(({ platforms, upstream, commit, ref, verdicts }) => ({
      platforms,
      git: maskCredentials(upstream.git),
      commit,
      ref,
      patches: verdicts.map(verdictToJson),
    })),
    changes: changes.map(({ path, content }) => ({ path, change: content === null ? 'removed' : 'written' })),
  };
}

function verdictToJson(verdict: PatchVerdict): Readonly<Record<string, unknown>> {
  const { state, path } = verdict;
  if (verdict.state !== 'conflict') return { path, state, reason: null, files: [], after: [], reject: null };
  const { reason, files, after, reject } = verdict;
  return { path, state, reason, files, after, reject };
}
