import type { CommandDeclaration, OptionDeclaration } from '../declaration.ts';

/** What can stand somewhere on a command line; `none`: nothing that a shell could know. */
export type Completion =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'recipes' | 'files' | 'folders' | 'none' };

export interface CompletedOption {
  /** `--platform` */
  readonly flag: string;
  readonly text: string;
  /** Null for one that takes no value. */
  readonly value: Completion | null;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** In their order; where `isEndless`, the last one can be repeated. */
  readonly args: readonly Completion[];
  readonly isEndless: boolean;
}

/** All that shells complete. */
export interface CompletionModel {
  /** Can stand anywhere. */
  readonly options: readonly CompletedOption[];
  readonly commands: readonly CompletedCommand[];
}

const HELP: CompletedOption = { flag: '--help', text: 'say what there is', value: null };
const VERSION: CompletedOption = { flag: '--version', text: 'print the version', value: null };

// By what declarations call a value.
const RECIPES: readonly string[] = ['recipe', 'recipes', 'target', 'what'];
const FILES: readonly string[] = ['archives', 'file', 'output', 'source'];
const FOLDERS: readonly string[] = ['folder'];

/** Makes what shells complete out of the declarations of commands and of the options that all of them have. */
export function modelCompletion(
  commands: readonly CommandDeclaration[],
  options: readonly OptionDeclaration[],
): CompletionModel {
  return {
    options: [...options.map(modelOption), HELP, VERSION],
    commands: commands.map(({ name, summary, args, options: own }) => ({
      name,
      summary,
      options: own.map(modelOption),
      args: args.map(({ syntax, choices }) => completionOf(syntax, choices)),
      isEndless: args.at(-1)?.syntax.includes('...') === true,
    })),
  };
}

function modelOption({ flags, text, choices }: OptionDeclaration): CompletedOption {
  const [, flag = flags, value] = /(--[\w-]+)(?: (.+))?$/.exec(flags) ?? [];
  return { flag, text, value: value === undefined ? null : completionOf(value, choices) };
}

/** `syntax` is as declarations have it: `<recipe>`, `[recipes...]`. */
function completionOf(syntax: string, choices: readonly string[] | undefined): Completion {
  if (choices !== undefined) return { kind: 'words', words: choices };
  const name = syntax.replaceAll(/[<>[\].]/g, '');
  if (RECIPES.includes(name)) return { kind: 'recipes' };
  if (FILES.includes(name)) return { kind: 'files' };
  return { kind: FOLDERS.includes(name) ? 'folders' : 'none' };
}
