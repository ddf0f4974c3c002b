import type { Context } from '../../src/cli/context.ts';
import { runProgram as runForkwright } from '../../src/cli/program.ts';

export interface CommandRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

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
    run: () => Promise.reject(new Error('this test may not start programs')),
    ...options,
    stdout: output('stdout'),
    stderr: output('stderr'),
  });
  return { exitCode, ...printed };
}
