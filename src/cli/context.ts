import type { RunProgram } from '../process/run.ts';

export interface Output {
  write(text: string): void;
  /** Data that is no text; the promise is kept when the bytes may be used for something else. */
  writeBytes(bytes: Uint8Array): Promise<void>;
  readonly isTerminal: boolean;
  readonly columns: number;
}

/** Everything of the outside world that a command may touch; tests hand in their own. */
export interface Context {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The bytes of stdin; it is not touched before this is called. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  /** Data. */
  readonly stdout: Output;
  /** Progress and messages. */
  readonly stderr: Output;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** For durations in reports only; never for what goes into a file. */
  readonly nowMs: () => number;
  readonly fetch: typeof globalThis.fetch;
  readonly run: RunProgram;
}
