import type { Context } from '../../src/cli/context.ts';
import { runProgram as runForkwright } from '../../src/cli/program.ts';
import { ForkwrightError } from '../../src/errors.ts';
import type { RunProgram } from '../../src/process/run.ts';

export interface CommandRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine without Docker; a test that needs other programs has to say so. */
const startNothing: RunProgram = async ([file]) => {
  if (file === 'docker') throw new ForkwrightError('process.not-found', 'the program docker cannot be started');
  throw new Error('this test may not start programs');
};

async function* emptyInput(): AsyncGenerator<Uint8Array> {}

type RunOptions = { readonly cwd: string } & Partial<Omit<Context, 'cwd' | 'stdout' | 'stderr'>>;

/** Runs a command line of forkwright in this process, in `cwd`, and gives what it printed. */
export async function runInProcess(argv: readonly string[], options: RunOptions): Promise<CommandRun> {
  const { exitCode, stdout, stderr } = await runForBytes(argv, options);
  return { exitCode, stdout, stderr };
}

/** The same, for commands that write bytes to stdout. */
export async function runForBytes(
  argv: readonly string[],
  options: RunOptions,
): Promise<CommandRun & { readonly bytes: Buffer }> {
  const printed = { stdout: '', stderr: '' };
  const bytes: Buffer[] = [];
  const output = (stream: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      printed[stream] += text;
    },
    writeBytes: async (piece: Uint8Array) => {
      bytes.push(Buffer.from(piece));
    },
    isTerminal: false,
    columns: 100,
  });
  const exitCode = await runForkwright(argv, {
    env: { PATH: process.env['PATH'], HOME: options.cwd, FORKWRIGHT_CACHE: `${options.cwd}/.cache` },
    signal: new AbortController().signal,
    stdin: () => emptyInput(),
    nowMs: () => 0,
    fetch: () => Promise.reject(new Error('this test may not reach the network')),
    run: startNothing,
    ...options,
    stdout: output('stdout'),
    stderr: output('stderr'),
  });
  return { exitCode, ...printed, bytes: Buffer.concat(bytes) };
}
