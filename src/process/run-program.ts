import { spawn } from 'node:child_process';
import { $ } from 'zx/core';
import { ForkwrightError, isSystemError } from '../errors.ts';
import type { ProgramResult, RunOptions, RunProgram } from './run.ts';

const STDERR_END_BYTES = 2000;
const KILL_AFTER_MS = 2000;

/**
 * Runs a program with zx. No shell is in between: zx is handed a spawn that starts argv as it stands, so an argument can
 * hold anything. On time-out and on abort the program gets SIGTERM, and SIGKILL two seconds later.
 */
export const runProgram: RunProgram = async (argv, options) => {
  const [file, ...args] = argv;
  if (options.signal.aborted) throw describeEnd('process.aborted', argv, options, 'was interrupted', '');
  const running = $({
    cwd: options.cwd,
    env: { ...options.env },
    quiet: true,
    nothrow: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    spawn: ((_command: string, _args: readonly string[], spawnOptions: object) =>
      spawn(file, args, { ...spawnOptions, shell: false, detached: false, windowsHide: true })) as typeof spawn,
  })`${argv}`;
  let ended: 'process.timed-out' | 'process.aborted' | null = null;
  let killer: NodeJS.Timeout | undefined;
  const stop = (code: 'process.timed-out' | 'process.aborted') => {
    ended ??= code;
    running.child?.kill('SIGTERM');
    killer = setTimeout(() => running.child?.kill('SIGKILL'), KILL_AFTER_MS);
  };
  const timer = setTimeout(() => stop('process.timed-out'), options.timeoutMs);
  const abort = () => stop('process.aborted');
  options.signal.addEventListener('abort', abort, { once: true });
  try {
    const output = await running;
    if (ended !== null) throw describeStop(ended, argv, options, output.stderr);
    if (output.cause !== undefined && isSystemError(output.cause, 'ENOENT', 'EACCES'))
      throw notFound(file, output.cause);
    if (output.exitCode === 0) return { stdout: output.stdout, stderr: output.stderr } satisfies ProgramResult;
    const how = output.signal === null ? `ended with exit code ${output.exitCode}` : `was killed by ${output.signal}`;
    throw describeEnd('process.failed', argv, options, how, output.stderr);
  } finally {
    clearTimeout(timer);
    clearTimeout(killer);
    options.signal.removeEventListener('abort', abort);
  }
};

function describeStop(
  code: 'process.timed-out' | 'process.aborted',
  argv: readonly string[],
  options: RunOptions,
  stderr: string,
): ForkwrightError {
  const how = code === 'process.aborted' ? 'was interrupted' : `did not end within ${options.timeoutMs / 1000} s`;
  return describeEnd(code, argv, options, how, stderr);
}

function describeEnd(
  code: string,
  argv: readonly string[],
  { secrets = [] }: RunOptions,
  how: string,
  stderr: string,
): ForkwrightError {
  const command = argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
  const end = stderr.trimEnd().slice(-STDERR_END_BYTES);
  const text = `${command} ${how}${end === '' ? '' : `:\n${end}`}`;
  return new ForkwrightError(code, secrets.filter((secret) => secret !== '').reduce(redact, text));
}

function redact(text: string, secret: string): string {
  return text.replaceAll(secret, '***');
}

function notFound(file: string, cause: unknown): ForkwrightError {
  return new ForkwrightError('process.not-found', `the program ${file} cannot be started`, {
    hint: `install ${file}, or put it on PATH`,
    cause,
  });
}
