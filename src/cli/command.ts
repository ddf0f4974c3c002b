import type { Finding } from '../finding.ts';
import type { Progress } from '../report/progress.ts';
import type { Style } from '../report/style.ts';
import type { Context } from './context.ts';

/** How the registries of this call are reached. */
export interface RegistrySettings {
  /** Whether they may speak plain HTTP, or have certificates that nobody vouches for. */
  readonly isInsecure: boolean;
  /** File with authorities that are trusted besides the usual ones, from the invocation's folder; null for none. */
  readonly caFile: string | null;
}

/** What a command is given besides its own arguments. */
export interface Invocation extends Context {
  /** Absolute path of the workspace: --root, else the current folder. */
  readonly root: string;
  readonly progress: Progress;
  readonly registries: RegistrySettings;
  /** Colours for what goes to stdout. */
  readonly style: Style;
}

/** What a command found out. It prints nothing itself; the program prints this as text or as JSON. */
export interface CommandResult {
  /** `forkwright.verify/v1` */
  readonly schema: string;
  /** The document of --json without `schema` and `findings`. */
  readonly json: Readonly<Record<string, unknown>>;
  /** For people, on stdout, lines ended; '' prints nothing. Findings are printed by the program, on stderr. */
  readonly text: string;
  readonly findings: readonly Finding[];
  /** Whether data of the command itself went to stdout: what is printed goes to stderr then. */
  readonly hasUsedStdout?: boolean;
  /** Where it does not follow from the findings. */
  readonly exitCode?: 0 | 1 | 2;
}
