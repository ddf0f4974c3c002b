import { hasFailed } from '../../finding.ts';
import { compareText } from '../../platform/order.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { loadWorkspace } from '../../recipe/load.ts';
import { requireKnown } from '../../recipe/require-known.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import { writeRendered } from '../../render/write.ts';
import { formatSize } from '../../report/size.ts';
import { formatTable } from '../../report/table.ts';
import type { BuildSettings } from '../build/settings.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { orderForBuild } from '../build/order.ts';
import { checkFrozen } from '../lock/frozen.ts';
import { describeDone } from '../if-needed/text.ts';
import { makeRecipe, type MakeOutcome } from '../build/make-recipe.ts';
import { uniteFindings, type RecipeFindings } from '../unite-findings.ts';
import { openRecipeBuilder } from '../build/recipe-builder.ts';

const SCHEMA = 'forkwright.make/v1';

interface Made {
  readonly recipe: ResolvedRecipe;
  readonly outcome: MakeOutcome;
  readonly durationMs: number;
}

/**
 * `forkwright make`: renders, builds every recipe that this machine can, those that others are built on first, assembles and
 * verifies, and writes release files. With `isIfNeeded` only what is not there is built.
 * Ends with 0 when all that could be built is verified, with 2 when something that could be built was not. Throws
 * `recipe.unknown-name`, `lock.circle`.
 */
export async function makeCommand(
  options: { readonly recipes: readonly string[]; readonly settings: BuildSettings },
  invocation: Invocation,
): Promise<CommandResult> {
  const { root, signal } = invocation;
  const { workspace, findings } = await loadWorkspace(root);
  if (hasFailed(findings, false)) return { schema: SCHEMA, json: { recipes: [] }, text: '', findings };
  requireKnown(
    options.recipes,
    workspace.recipes.map(({ name }) => name),
  );
  const frozen = await checkFrozen(options.recipes, invocation);
  if (hasFailed(frozen, false)) {
    return { schema: SCHEMA, json: { recipes: [] }, text: '', findings: [...findings, ...frozen] };
  }
  const recipes = options.recipes.length === 0 ? null : options.recipes;
  const rendered = await writeRendered(root, workspace, {
    recipes,
    isWithoutPipeline: false,
    check: false,
    force: false,
    signal,
  });
  if (rendered.written.length + rendered.removed.length > 0) {
    invocation.progress.note(`rendered: ${rendered.written.length} written, ${rendered.removed.length} removed`);
  }
  const builder = openRecipeBuilder(workspace, !hasFailed(rendered.findings, false), options.settings, invocation);
  const made: Made[] = [];
  for (const recipe of orderForBuild(workspace.recipes.filter(({ name }) => recipes?.includes(name) ?? true))) {
    signal.throwIfAborted();
    const start = invocation.nowMs();
    const outcome = await makeRecipe(recipe, builder, invocation);
    made.push({ recipe, outcome, durationMs: invocation.nowMs() - start });
  }
  made.sort((a, b) => compareText(a.recipe.name, b.recipe.name));
  return {
    schema: SCHEMA,
    json: { recipes: made.map(toJson) },
    text: formatMade(made, invocation),
    findings: uniteFindings([...findings, ...rendered.findings], made.map(findingsOf)),
    ...(made.some(({ outcome }) => outcome.state === 'failed') ? { exitCode: 2 as const } : {}),
  };
}

function findingsOf({ recipe, outcome }: Made): RecipeFindings {
  return { file: recipe.file, findings: outcome.findings };
}

function toJson({ recipe, outcome, durationMs }: Made): Readonly<Record<string, unknown>> {
  const { name, version, targets } = recipe;
  const platforms = targets.map(({ platform }) => formatPlatform(platform));
  const common = { name, version, state: outcome.state, platforms, seconds: Math.round(durationMs / 100) / 10 };
  if (outcome.state === 'built') {
    const { path, digest, sizeBytes, targets: done, release } = outcome;
    return { ...common, path, digest, sizeBytes, targets: done, ...(release === null ? {} : { release }) };
  }
  return outcome.state === 'not-built'
    ? { ...common, reason: outcome.reason, need: outcome.need, lack: outcome.lack }
    : common;
}

function formatMade(made: readonly Made[], { style }: Invocation): string {
  const rows = made.map(({ recipe, outcome, durationMs }) => {
    const platforms = String(recipe.targets.length);
    const seconds = (durationMs / 1000).toFixed(1);
    if (outcome.state === 'built') {
      return [style.good(recipe.name), platforms, outcome.digest, formatSize(outcome.sizeBytes), seconds];
    }
    const state = outcome.state === 'not-built' ? style.warning('not built') : style.error('failed');
    return [recipe.name, platforms, state, '', outcome.state === 'not-built' ? '' : seconds];
  });
  const table = formatTable(
    [
      { title: 'recipe', align: 'left' },
      { title: 'platforms', align: 'right' },
      { title: 'index digest', align: 'left' },
      { title: 'size', align: 'right' },
      { title: 'seconds', align: 'right' },
    ],
    rows,
  );
  const reasons = made.flatMap(({ recipe, outcome }) =>
    outcome.state === 'not-built'
      ? [`${recipe.name} was not built: ${outcome.reason}; it needs ${outcome.need}, and ${outcome.lack}\n`]
      : [],
  );
  const releases = made.flatMap(({ recipe, outcome }) =>
    outcome.state === 'built' && outcome.release !== null
      ? [
          `${recipe.name}: ${outcome.release.files.length} release files and their SHA256SUMS in ${outcome.release.path}\n`,
        ]
      : [],
  );
  const states = made.map(({ recipe, outcome }) =>
    outcome.state === 'built' ? describeDone(recipe.name, outcome.targets) : '',
  );
  const notes = [...states.filter((lines) => lines !== ''), ...reasons, ...releases];
  return notes.length === 0 ? table : `${table}\n${notes.join('')}`;
}
