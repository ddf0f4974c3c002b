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

/** Runs a command line of forkwright in this process, in `cwd`, and gives what it printed. */
export async function runInProcess(
  argv: readonly string[],
  options: { readonly cwd: string } & Partial<Omit<Context, 'cwd' | 'stdout' | 'stderr'>>,
): Promise<CommandRun> {
  const printed = { stdout: '', stderr: '' };
  const output = (stream: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      printed[stream] += text;
    },
    isTerminal: false,
    columns: 100,
  });
  const exitCode = await runForkwright(argv, {
    env: { PATH: process.env['PATH'], HOME: options.cwd, FORKWRIGHT_CACHE: `${options.cwd}/.cache` },
    signal: new AbortController().signal,
    nowMs: () => 0,
    fetch: () => Promise.reject(new Error('this test may not reach the network')),
    run: startNothing,
    ...options,
    stdout: output('stdout'),
    stderr: output('stderr'),
  });
  return { exitCode, ...printed };
}
