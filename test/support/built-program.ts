import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** `npm test` has built it before. */
const PROGRAM = resolve('dist/main.js');

/** The program in a process of its own. */
export interface Running {
  /** Waits until the process has come to where it stalls; gives what is written there. */
  stalled(): Promise<string>;
  kill(signal: 'SIGINT' | 'SIGKILL' | 'SIGUSR2'): void;
  readonly end: Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }>;
}

export interface StartOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where the first write behind these bytes of a file waits for a signal; never without it. */
  readonly stallsAt?: number;
  /** An open file for stdout. */
  readonly stdoutFd?: number;
  /** An open file for stderr. */
  readonly stderrFd?: number;
  readonly input?: Uint8Array;
}

/** A disk that takes no more bytes of a file for the time: real processes are to be stopped there, not at some time. */
const STALLING_DISK = `
import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
const handle = await open(process.execPath);
const prototype = Object.getPrototypeOf(handle);
await handle.close();
const { write } = prototype;
const { FORKWRIGHT_TEST_STALL_AT: at, FORKWRIGHT_TEST_MARKER: marker } = process.env;
let goesOn = null;
prototype.write = async function (...args) {
  if (Number(args[3] ?? 0) >= Number(at)) {
    goesOn ??= new Promise((resolve) => {
      const timer = setInterval(() => {}, 1000);
      const done = () => { clearInterval(timer); resolve(); };
      process.once('SIGINT', done);
      process.once('SIGUSR2', done);
      writeFileSync(marker, 'stalled');
    });
    await goesOn;
  }
  return write.apply(this, args);
};
`;

/** Starts the program as it was built. */
export async function startBuilt(argv: readonly string[], options: StartOptions): Promise<Running> {
  const { cwd, env = {}, stallsAt, stdoutFd = 'pipe', stderrFd = 'pipe', input } = options;
  const marker = markerIn(cwd);
  const stall: Readonly<Record<string, string>> =
    stallsAt === undefined
      ? {}
      : {
          NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(STALLING_DISK)}`,
          FORKWRIGHT_TEST_STALL_AT: String(stallsAt),
        };
  const child = spawn(process.execPath, [PROGRAM, ...argv], {
    cwd,
    env: { ...process.env, FORKWRIGHT_TEST_MARKER: marker, ...stall, ...env },
    stdio: ['pipe', stdoutFd, stderrFd],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  // It may end before it has read its input.
  child.stdin?.on('error', () => undefined).end(input);
  // A test that is given up leaves nothing running.
  setTimeout(() => child.kill('SIGKILL'), 50_000).unref();
  const end = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, ...output }));
  return {
    async stalled() {
      await until(() => child.exitCode !== null || (existsSync(marker) && readFileSync(marker, 'utf8') !== ''));
      if (!existsSync(marker)) throw new Error(`it ended before it stalled: ${output.stderr}`);
      return readFileSync(marker, 'utf8');
    },
    kill: (signal) => void child.kill(signal),
    end,
  };
}

/** Beside the folder that the program works in, which holds what is looked at. */
function markerIn(cwd: string): string {
  return `${cwd}.marker`;
}

/** Makes a folder for PATH with programs that say that they run, and then do nothing for ten minutes. */
export async function makeStallingPrograms(folder: string, names: readonly string[]): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  for (const name of names) {
    await writeFile(join(bin, name), '#!/bin/sh\nsleep 0.2\necho $$ > "$FORKWRIGHT_TEST_MARKER"\nexec sleep 600\n');
    await chmod(join(bin, name), 0o755);
  }
  return `${bin}:${process.env['PATH'] ?? ''}`;
}

/** Waits for a condition, fifteen seconds at most. It is looked at often: nothing else is said of when it comes true. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 750; tries++) {
    if (await condition()) return;
    await sleep(20);
  }
  throw new Error('waited for fifteen seconds');
}

/** Whether a process runs; one that is dead and not waited for does not. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    return !/^State:\s+Z/m.test(await readFile(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ESRCH', 'ENOENT'].includes(String(error.code))) return false;
    throw error;
  }
}
