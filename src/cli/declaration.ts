import type { CommandResult, Invocation } from './command.ts';
import type { Input } from './input.ts';

/** An option as commander writes it, `--platform <platform>`. */
export interface OptionDeclaration {
  readonly flags: string;
  readonly text: string;
  readonly choices?: readonly string[];
  readonly default?: string;
  /** Can be given several times; its value is a list. */
  readonly isRepeatable?: boolean;
  readonly isRequired?: boolean;
}

export interface CommandDeclaration {
  readonly name: string;
  readonly summary: string;
  /** `[recipes...]`, `<source>` */
  readonly args: readonly { readonly syntax: string; readonly text: string; readonly choices?: readonly string[] }[];
  readonly options: readonly OptionDeclaration[];
  /** Loads the command only when it is called, so that --help and start-up stay quick. */
  readonly run: (input: Input, invocation: Invocation) => Promise<CommandResult>;
}
