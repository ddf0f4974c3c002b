import { resolve } from 'node:path';
import { findCacheFolder } from '../../cache/cache-folder.ts';
import { hasFailed } from '../../finding.ts';
import { loadWorkspace } from '../../recipe/load.ts';
import { printable } from '../../report/printable.ts';
import { obtainSource } from '../../source/obtain.ts';
import { writeSource } from '../../source/write.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { selectSource } from '../select-source.ts';
import { uniteFindings } from '../unite-findings.ts';

const SCHEMA = 'forkwright.source/v1';

export interface SourceArguments {
  /** Name of a recipe. */
  readonly recipe: string;
  /** The folder that the source is written to. */
  readonly output: string;
}

/**
 * `forkwright source`: writes the upstream of a recipe at its commit, with the recipe's patches, as a folder. Ends with 2
 * where the recipe is faulty. Throws `recipe.unknown-name`, `source.*`, `cache.no-folder`.
 */
export async function sourceCommand(options: SourceArguments, invocation: Invocation): Promise<CommandResult> {
  const { root, cwd, env, run, signal, progress } = invocation;
  const { workspace, findings } = await loadWorkspace(root, [options.recipe]);
  const [recipe] = workspace.recipes;
  if (recipe === undefined || hasFailed(findings, false)) {
    return { schema: SCHEMA, json: {}, text: '', findings, exitCode: 2 };
  }
  const { upstream, patches } = selectSource(recipe);
  const cacheFolder = resolve(cwd, findCacheFolder(env, process.platform));
  const deps = { root: workspace.root, cacheFolder, env, run, signal, progress };
  const source = await obtainSource(upstream, patches, deps);
  const written = await writeSource(source, resolve(cwd, options.output), deps);
  const { commit, tree, epochSeconds } = source;
  return {
    schema: SCHEMA,
    json: { recipe: recipe.name, path: options.output, commit, tree, epochSeconds, patches: source.patches },
    text: `path   ${printable(options.output)}\ncommit ${commit}\ntree   ${tree}\nepoch  ${epochSeconds}\n`,
    findings: uniteFindings(findings, [{ file: recipe.file, findings: [...source.findings, ...written] }]),
  };
}
