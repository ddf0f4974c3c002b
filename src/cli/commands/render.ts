import { hasFailed } from '../../finding.ts';
import { loadWorkspace } from '../../recipe/load.ts';
import { requireKnown } from '../../recipe/require-known.ts';
import { writeRendered, type RenderReport } from '../../render/write.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { checkFrozen } from '../lock/frozen.ts';

const SCHEMA = 'forkwright.render/v1';

export interface RenderArguments {
  /** Names; none for all. */
  readonly recipes: readonly string[];
  readonly check: boolean;
  readonly force: boolean;
}

/**
 * `forkwright render`: writes what the recipes give below generated/, or with `check` finds what would be written.
 * All recipes are loaded even if some are named: the pipeline is of all of them. Throws `recipe.unknown-name`.
 */
export async function renderCommand(options: RenderArguments, invocation: Invocation): Promise<CommandResult> {
  const { root, signal } = invocation;
  const { workspace, findings } = await loadWorkspace(root);
  if (hasFailed(findings, false)) return { schema: SCHEMA, json: toJson(NOTHING), text: '', findings };
  requireKnown(
    options.recipes,
    workspace.recipes.map(({ name }) => name),
  );
  const frozen = await checkFrozen(options.recipes, invocation);
  if (hasFailed(frozen, false)) {
    return { schema: SCHEMA, json: toJson(NOTHING), text: '', findings: [...findings, ...frozen] };
  }
  const recipes = options.recipes.length === 0 ? null : options.recipes;
  const { check, force } = options;
  const report = await writeRendered(root, workspace, { recipes, isWithoutPipeline: false, check, force, signal });
  return {
    schema: SCHEMA,
    json: toJson(report),
    text: check ? formatCheck(report) : formatReport(report),
    findings: [...findings, ...report.findings],
  };
}

const NOTHING: RenderReport = { written: [], removed: [], unchanged: [], findings: [] };

function toJson({ written, removed, unchanged }: RenderReport): Readonly<Record<string, unknown>> {
  return { written, removed, unchanged };
}

function formatCheck({ unchanged, findings }: RenderReport): string {
  return hasFailed(findings, false) ? '' : `${unchanged.length} files are what the recipes give\n`;
}

function formatReport({ written, removed, unchanged, findings }: RenderReport): string {
  if (hasFailed(findings, false)) return '';
  const lines = [
    ...written.map((path) => `wrote ${path}`),
    ...removed.map((path) => `removed ${path}`),
    `${written.length} written, ${removed.length} removed, ${unchanged.length} unchanged`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}
