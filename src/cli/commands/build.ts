import { buildTargets } from '../../build/build-targets.ts';
import { ForkwrightError } from '../../errors.ts';
import { hasFailed, type Finding } from '../../finding.ts';
import { parsePlatform } from '../../platform/parse.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../../platform/platform.ts';
import { loadWorkspace } from '../../recipe/load.ts';
import { engineReason } from '../../recipe/needs-engine.ts';
import type { ResolvedRecipe, Target } from '../../recipe/target.ts';
import { formatSize } from '../../report/size.ts';
import { formatTable } from '../../report/table.ts';
import { openBuild } from '../build-options.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { toFinding } from '../error-finding.ts';

const SCHEMA = 'forkwright.build/v1';

export interface BuildArguments {
  readonly recipes: readonly string[];
  /** As the user wrote them; none for all. */
  readonly platforms: readonly string[];
}

/**
 * `forkwright build`: builds recipes into one archive per platform. Ends with 2 where a target was not built; the other
 * targets are built all the same. Throws `recipe.unknown-name`, `platform.unknown`, `build.no-such-platform`.
 */
export async function buildCommand(options: BuildArguments, invocation: Invocation): Promise<CommandResult> {
  const wanted = options.platforms.map(parsePlatform);
  const { workspace, findings } = await loadWorkspace(invocation.root, options.recipes);
  if (hasFailed(findings, false)) return { schema: SCHEMA, json: { archives: [] }, text: '', findings };
  const build = openBuild(invocation);
  const rows: string[][] = [];
  const archives: object[] = [];
  const faults: Finding[] = [];
  for (const recipe of workspace.recipes) {
    const targets = selectTargets(recipe, wanted);
    faults.push(...targets.flatMap((target) => needEngine(target)));
    const native = targets.filter((target) => engineReason(target) === null);
    const { built, failures } = await buildTargets(recipe, native, build);
    faults.push(...failures.map(toFinding));
    for (const { path, digest, sizeBytes, ...archive } of built) {
      const platform = formatPlatform(archive.platform);
      archives.push({ recipe: recipe.name, platform, path, digest, sizeBytes });
      rows.push([recipe.name, platform, path, digest, formatSize(sizeBytes)]);
    }
  }
  return {
    schema: SCHEMA,
    json: { archives },
    text: rows.length === 0 ? '' : formatTable(COLUMNS, rows),
    findings: [...findings, ...faults],
    ...(faults.length > 0 ? { exitCode: 2 as const } : {}),
  };
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

function needEngine(target: Target): readonly Finding[] {
  const reason = engineReason(target);
  if (reason === null) return [];
  const text = `${formatPlatform(target.platform)} was not built: ${reason}`;
  const hint = 'it needs a build engine (Docker with buildx)';
  return [{ code: 'build.needs-engine', severity: 'error', place: `recipes/${target.recipe}.yaml`, text, hint }];
}
