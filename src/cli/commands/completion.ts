import { readFile } from 'node:fs/promises';
import type { CommandResult } from '../command.ts';
import { formatFishTables } from '../completion/fish.ts';
import { modelCompletion } from '../completion/model.ts';
import { formatTables } from '../completion/tables.ts';
import type { CommandDeclaration } from '../declaration.ts';
import { GLOBAL_OPTIONS } from '../global-options.ts';

export interface CompletionArguments {
  /** `bash`, `zsh` or `fish`. */
  readonly shell: string;
  readonly commands: readonly CommandDeclaration[];
}

/** `forkwright completion`: the script that lets a shell complete command lines, on stdout. */
export async function completionCommand({ shell, commands }: CompletionArguments): Promise<CommandResult> {
  const frame = await readFile(new URL(`../../../templates/completion.${shell}`, import.meta.url), 'utf8');
  const model = modelCompletion(commands, GLOBAL_OPTIONS);
  const tables = shell === 'fish' ? formatFishTables(model) : formatTables(model);
  // A function: `$` in a replacement's text would stand for something.
  const script = frame.replace('@TABLES@', () => tables);
  return { schema: 'forkwright.completion/v1', json: { shell, script }, text: script, findings: [] };
}
