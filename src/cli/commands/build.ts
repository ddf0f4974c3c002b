import { testsToJson } from '../../build/smoke-record.ts';
import { hasFailed } from '../../finding.ts';
import { reportTests, type PlacedRecord } from '../../image/verify-tests.ts';
import { ForkwrightError } from '../../errors.ts';
import { parsePlatform } from '../../platform/parse.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../../platform/platform.ts';
import { loadWorkspace } from '../../recipe/load.ts';
import type { ResolvedRecipe, Target } from '../../recipe/target.ts';
import { formatSize } from '../../report/size.ts';
import { formatTable } from '../../report/table.ts';
import type { BuildSettings } from '../build-settings.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { toFinding } from '../error-finding.ts';
import { checkFrozen } from '../frozen-lock.ts';
import { uniteFindings, type RecipeFindings } from '../unite-findings.ts';
import { openRecipeBuilder } from '../recipe-builder.ts';
import type { TestedTarget } from '../test-built.ts';

const SCHEMA = 'forkwright.build/v1';

export interface BuildArguments {
  readonly recipes: readonly string[];
  /** As the user wrote them; none for all. */
  readonly platforms: readonly string[];
  readonly settings: BuildSettings;
}

/**
 * `forkwright build`: builds recipes into one archive per platform. Ends with 2 where a target was not built; the other
 * targets are built all the same. Throws `recipe.unknown-name`, `platform.unknown`, `build.no-such-platform`.
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
  const rows: string[][] = [];
  const archives: object[] = [];
  const found: RecipeFindings[] = [];
  let isIncomplete = false;
  for (const recipe of workspace.recipes) {
    const outcome = await builder.build(recipe, selectTargets(recipe, wanted));
    isIncomplete ||= outcome.failures.length > 0 || hasFailed(outcome.findings, false);
    const ofTests = reportTests(recipe.file, outcome.built.flatMap(placeRecord));
    found.push({
      file: recipe.file,
      findings: [...outcome.findings, ...outcome.failures.map(toFinding), ...ofTests],
    });
    for (const { target, archive, record } of outcome.built) {
      const platform = formatPlatform(target.platform);
      const { path, digest, sizeBytes } = archive;
      const tests = record === null ? null : testsToJson(record);
      archives.push({ recipe: recipe.name, platform, path, digest, sizeBytes, tests });
      rows.push([recipe.name, platform, path, digest, formatSize(sizeBytes)]);
    }
  }
  return {
    schema: SCHEMA,
    json: { archives },
    text: rows.length === 0 ? '' : formatTable(COLUMNS, rows),
    findings: uniteFindings(findings, found),
    ...(isIncomplete ? { exitCode: 2 as const } : {}),
  };
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
