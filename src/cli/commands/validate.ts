import { formatPlatform } from '../../platform/platform.ts';
import { loadWorkspace } from '../../recipe/load.ts';
import { formatTable } from '../../report/table.ts';
import type { CommandResult, Invocation } from '../command.ts';

export interface ValidateArguments {
  /** Names; empty for all. */
  readonly recipes: readonly string[];
}

/** `forkwright validate`: checks recipes and forkwright.yaml, and lists the sound recipes. */
export async function validateCommand({ recipes }: ValidateArguments, invocation: Invocation): Promise<CommandResult> {
  const { workspace, findings } = await loadWorkspace(invocation.root, recipes);
  const sound = workspace.recipes.map(({ name, file, version, targets }) => ({
    name,
    file,
    version,
    platforms: targets.map(({ platform }) => formatPlatform(platform)),
  }));
  const columns = ['recipe', 'version', 'platforms'].map((title) => ({ title, align: 'left' as const }));
  const rows = sound.map(({ name, version, platforms }) => [name, version, platforms.join(' ')]);
  return {
    schema: 'forkwright.validate/v1',
    json: { recipes: sound },
    text: rows.length === 0 ? '' : formatTable(columns, rows),
    findings,
  };
}
