/** What a finished program left behind; the last 64 KiB of each where `onOutput` took the rest. */
export interface ProgramResult {
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Texts that are replaced by `***` in errors. */
  readonly secrets?: readonly string[];
  /** Takes the output as it comes, in pieces that may end within a line. What it throws ends the program. */
  readonly onOutput?: (piece: Buffer, from: 'stdout' | 'stderr') => void;
  /** An open file that the program reads as its input, from its current position on; without it there is no input. */
  readonly inputFd?: number;
  /** An open file that takes the program's output; `stdout` is empty then, and `onOutput` is told of stderr only. */
  readonly outputFd?: number;
  /** Whether the program is ended too when this process is killed without a chance to do so itself. */
  readonly isGuarded?: boolean;
}

/**
 * Runs a program, never through a shell: argv[0] is looked up on PATH.
 * Throws ForkwrightError `process.not-found`, `process.failed` (argv, exit code or signal, end of stderr),
 * `process.timed-out`, or `process.aborted`.
 */
export type RunProgram = (argv: readonly [string, ...string[]], options: RunOptions) => Promise<ProgramResult>;
