/** What a finished program left behind. */
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
}

/**
 * Runs a program, never through a shell: argv[0] is looked up on PATH.
 * Throws ForkwrightError `process.not-found`, `process.failed` (argv, exit code or signal, end of stderr),
 * `process.timed-out`, or `process.aborted`.
 */
export type RunProgram = (argv: readonly [string, ...string[]], options: RunOptions) => Promise<ProgramResult>;
