import { spawn, type ChildProcess } from 'node:child_process';
import { $, type Options } from 'zx/core';
import { isSystemError } from '../errors.ts';
import { guardProgram, openGuard } from './guard.ts';
import { describeEnd, describeStart } from './program-error.ts';
import type { RunProgram } from './run.ts';

const KILL_AFTER_MS = 2000;
const MAX_KEPT_BYTES = 64 * 1024;
const IS_WINDOWS = process.platform === 'win32';

/**
 * Runs a program with zx. No shell is in between: zx is handed a spawn that starts argv as it stands, so an argument can
 * hold anything but NUL. On time-out and on abort it and what it has started get SIGTERM, and
 * SIGKILL two seconds later. Windows' scripts (`.cmd`) cannot be run, since only a shell runs them.
 */
export const runProgram: RunProgram = async (argv, options) => {
  const { signal, timeoutMs } = options;
  if (signal.aborted) throw describeEnd('process.aborted', 'was interrupted', argv, '', options);
  const { onOutput } = options;
  const store =
    onOutput === undefined
      ? { stdout: [], stderr: [], stdall: [] }
      : { stdout: keepLast(MAX_KEPT_BYTES), stderr: keepLast(MAX_KEPT_BYTES), stdall: keepLast(0) };
  const { inputFd = 'ignore', outputFd = 'pipe' } = options;
  const stdio: Options['stdio'] = [inputFd, outputFd, 'pipe'];
  if (options.isGuarded === true) openGuard();
  const running = $({
    ...PLAIN,
    cwd: options.cwd,
    env: { ...options.env },
    stdio,
    store,
    spawn: spawnOf(argv),
  })`${argv}`;

  let ended: 'process.timed-out' | 'process.aborted' | null = null;
  let killer: NodeJS.Timeout | undefined;
  const stop = (code: 'process.timed-out' | 'process.aborted') => {
    if (ended !== null) return;
    ended = code;
    kill(running.child, 'SIGTERM');
    killer = setTimeout(() => kill(running.child, 'SIGKILL'), KILL_AFTER_MS);
  };
  const timer = setTimeout(() => stop('process.timed-out'), timeoutMs);
  let refused: unknown = null;
  const take = (from: 'stdout' | 'stderr') => (piece: Buffer) => {
    if (refused !== null) return;
    try {
      onOutput?.(piece, from);
    } catch (error) {
      refused = error;
      stop('process.aborted');
    }
  };
  running.child?.stdout?.on('data', take('stdout'));
  running.child?.stderr?.on('data', take('stderr'));
  const release = options.isGuarded === true ? guardProgram(running.child?.pid) : null;
  const abort = () => stop('process.aborted');
  signal.addEventListener('abort', abort, { once: true });
  try {
    const output = await running;
    // zx decodes chunk by chunk, which breaks a character that lies across two of them.
    const [stdout, stderr] = [Buffer.concat(store.stdout).toString(), Buffer.concat(store.stderr).toString()];
    if (refused !== null) throw refused;
    if (ended === 'process.aborted') throw describeEnd(ended, 'was interrupted', argv, stderr, options);
    if (ended !== null) throw describeEnd(ended, `did not end within ${timeoutMs / 1000} s`, argv, stderr, options);
    if (output.cause !== undefined && output.cause !== null) throw describeStart(argv, output.cause, options);
    if (output.exitCode === 0) return { stdout, stderr };
    const how = output.signal === null ? `ended with exit code ${output.exitCode}` : `was killed by ${output.signal}`;
    throw describeEnd('process.failed', how, argv, stderr, options);
  } finally {
    clearTimeout(timer);
    clearTimeout(killer);
    release?.();
    signal.removeEventListener('abort', abort);
  }
};

/** A list of pieces that forgets the first ones when there are more bytes than the limit. */
function keepLast(maxBytes: number): Buffer[] {
  const pieces: Buffer[] = [];
  let bytes = 0;
  pieces.push = (piece: Buffer) => {
    pieces[pieces.length] = piece;
    bytes += piece.length;
    while (bytes > maxBytes) bytes -= pieces.shift()?.length ?? 0;
    return pieces.length;
  };
  return pieces;
}

/** All that zx would take from ZX_* variables, or from the bash that it finds (a small image has none), is said here. */
const PLAIN: Partial<Options> = {
  quiet: true,
  verbose: false,
  nothrow: true,
  preferLocal: false,
  timeout: 0,
  prefix: '',
  postfix: '',
  quote: JSON.stringify,
};

function spawnOf([file, ...args]: readonly [string, ...string[]]): typeof spawn {
  // The overloads of spawn allow no narrower type.
  return ((_command: string, _args: readonly string[], options: object) =>
    // A process group of its own can be killed as a whole: a program's own children would keep its output open.
    spawn(file, args, { ...options, shell: false, detached: !IS_WINDOWS, windowsHide: true })) as typeof spawn;
}

function kill(child: ChildProcess | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child?.pid === undefined) return;
  try {
    if (IS_WINDOWS) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    // All of them are gone. macOS says EPERM where only zombies are left.
    if (!isSystemError(error, 'ESRCH', 'EPERM')) throw error;
  }
  if (signal === 'SIGTERM') return;
  child.stdout?.destroy();
  child.stderr?.destroy();
}
