import { testsToJson } from '../../build/smoke-record.ts';
import { hasFailed } from '../../finding.ts';
import { reportTests, type PlacedRecord } from '../../image/verify/verify-tests.ts';
import { ForkwrightError } from '../../errors.ts';
import { compareText } from '../../platform/order.ts';
import { parsePlatform } from '../../platform/parse.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../../platform/platform.ts';
import { loadWorkspace } from '../../recipe/load.ts';
import type { ResolvedRecipe, Target } from '../../recipe/target.ts';
import { formatSize } from '../../report/size.ts';
import { formatTable } from '../../report/table.ts';
import type { BuildSettings } from '../build/settings.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { toFinding } from '../error-finding.ts';
import { checkFrozen } from '../lock/frozen.ts';
import { uniteFindings, type RecipeFindings } from '../unite-findings.ts';
import { orderForBuild } from '../build/order.ts';
import { describeDone, type DoneState } from '../if-needed/text.ts';
import { openRecipeBuilder, type DoneTarget, type RecipeOutcome } from '../build/recipe-builder.ts';
import type { TestedTarget } from '../build/test-built.ts';

const SCHEMA = 'forkwright.build/v1';

export interface BuildArguments {
  readonly recipes: readonly string[];
  /** As the user wrote them; none for all. */
  readonly platforms: readonly string[];
  readonly settings: BuildSettings;
}

interface Done {
  readonly recipe: ResolvedRecipe;
  readonly outcome: RecipeOutcome;
}

/**
 * `forkwright build`: builds recipes into one archive per platform, those that others are built on first; with `isIfNeeded`
 * only what is not there. Ends with 2 where a target was not built; the other targets are built all the same. Throws
 * `recipe.unknown-name`, `platform.unknown`, `build.no-such-platform`, `lock.circle`.
 */
export async function buildCommand(options: BuildArguments, invocation: Invocation): Promise<CommandResult> {
  const wanted = options.platforms.map(parsePlatform);
  const { workspace, findings } = await loadWorkspace(invocation.root, options.recipes);
  if (hasFailed(findings, false)) return { schema: SCHEMA, json: { archives: [] }, text: '', findings };
  const frozen = await checkFrozen(options.recipes, invocation);
  if (hasFailed(frozen, false)) {
    return { schema: SCHEMA, json: { archives: [] }, text: '', findings: [...findings, ...frozen] };
  }
  const builder = openRecipeBuilder(workspace, false, options.settings, invocation);
  const done: Done[] = [];
  for (const recipe of orderForBuild(workspace.recipes)) {
    const needs = await builder.look(recipe, selectTargets(recipe, wanted));
    done.push({ recipe, outcome: await builder.build(recipe, needs) });
  }
  const sorted = done.toSorted((a, b) => compareText(a.recipe.name, b.recipe.name));
  const isIncomplete = done.some(({ outcome }) => outcome.failures.length > 0 || hasFailed(outcome.findings, false));
  return {
    schema: SCHEMA,
    json: { archives: sorted.flatMap(toJson) },
    text: formatDone(sorted),
    findings: uniteFindings(findings, sorted.map(findingsOf)),
    ...(isIncomplete ? { exitCode: 2 as const } : {}),
  };
}

function findingsOf({ recipe, outcome }: Done): RecipeFindings {
  const ofTests = reportTests(recipe.file, outcome.built.flatMap(placeRecord));
  return { file: recipe.file, findings: [...outcome.findings, ...outcome.failures.map(toFinding), ...ofTests] };
}

function toJson({ recipe, outcome }: Done): readonly object[] {
  return outcome.built.map(({ target, archive, record, state, reason }) => {
    const { path, digest, sizeBytes } = archive;
    const tests = record === null ? null : testsToJson(record);
    const platform = formatPlatform(target.platform);
    return { recipe: recipe.name, platform, state, reason, path, digest, sizeBytes, tests };
  });
}

function formatDone(done: readonly Done[]): string {
  const rows = done.flatMap(({ recipe, outcome }) =>
    outcome.built.map(({ target, archive: { path, digest, sizeBytes } }) => {
      return [recipe.name, formatPlatform(target.platform), path, digest, formatSize(sizeBytes)];
    }),
  );
  if (rows.length === 0) return '';
  const states = done.map(({ recipe, outcome }) => describeDone(recipe.name, outcome.built.map(toState))).join('');
  return `${formatTable(COLUMNS, rows)}${states === '' ? '' : `\n${states}`}`;
}

function toState({ target, state, reason }: DoneTarget): DoneState {
  return { platform: formatPlatform(target.platform), state, reason };
}

function placeRecord({ archive, record }: TestedTarget): readonly PlacedRecord[] {
  return record === null ? [] : [{ place: archive.path, record }];
}

const COLUMNS = ['recipe', 'platform', 'archive', 'manifest digest', 'size'].map((title) => ({
  title,
  align: title === 'size' ? ('right' as const) : ('left' as const),
}));

function selectTargets(recipe: ResolvedRecipe, wanted: readonly Platform[]): readonly Target[] {
  for (const platform of wanted) {
    if (recipe.targets.some((target) => isSamePlatform(target.platform, platform))) continue;
    const known = recipe.targets.map((target) => formatPlatform(target.platform)).join(', ');
    throw new ForkwrightError('build.no-such-platform', `the recipe has no platform ${formatPlatform(platform)}`, {
      place: recipe.file,
      hint: `it has ${known}`,
    });
  }
  const isWanted = (target: Target) => wanted.some((platform) => isSamePlatform(target.platform, platform));
  return wanted.length === 0 ? recipe.targets : recipe.targets.filter(isWanted);
}
