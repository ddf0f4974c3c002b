import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { FOLDER } from './settings.ts';

/** How a program ended, and all that it printed. */
export interface Ended {
  /** Null for one that was killed. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  /** What it has printed on stderr so far. */
  readonly said: () => string;
  readonly end: Promise<Ended>;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** After which it is killed, with all that it has started in its group. */
  readonly timeoutMs?: number;
}

const FORKWRIGHT = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

/** How forkwright is called, with the program that runs this test. */
export const FORKWRIGHT_COMMAND: readonly [string, string] = [process.execPath, FORKWRIGHT];

/** The environment of forkwright in a test: that of the machine, but a cache of the run, and no colours. */
export const FORKWRIGHT_ENV: Readonly<Record<string, string>> = { FORKWRIGHT_CACHE: `${FOLDER}/cache`, NO_COLOR: '1' };

/** Starts a program in a process group of its own, as a shell does. */
export function start(argv: readonly [string, ...string[]], options: RunOptions): Running {
  const [file, ...args] = argv;
  const env = { ...process.env, ...options.env };
  const child = spawn(file, args, { cwd: options.cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text;
    });
  }
  // A program that reads no input may be gone before it is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const pid = child.pid ?? 0;
  const timer = options.timeoutMs === undefined ? null : setTimeout(() => process.kill(-pid, 9), options.timeoutMs);
  const end = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, ...printed }));
  }).finally(() => timer !== null && clearTimeout(timer));
  return { pid, said: () => printed.stderr, end };
}

/** Runs a program to its end, however that is. */
export function run(argv: readonly [string, ...string[]], options: RunOptions): Promise<Ended> {
  return start(argv, options).end;
}

/** Runs a program and gives its stdout; throws with all that it said where it does not end with 0. */
export async function runWell(argv: readonly [string, ...string[]], options: RunOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await run(argv, options);
  if (exitCode === 0) return stdout;
  throw new Error(`${argv.join(' ')} ended with ${exitCode ?? 'a signal'}:\n${stdout}${stderr}`);
}

/** Starts forkwright of this checkout, as it was built. */
export function startForkwright(args: readonly string[], options: RunOptions): Running {
  return start([...FORKWRIGHT_COMMAND, ...args], { ...options, env: { ...FORKWRIGHT_ENV, ...options.env } });
}

/** Runs forkwright of this checkout to its end. */
export function runForkwright(args: readonly string[], options: RunOptions): Promise<Ended> {
  return startForkwright(args, options).end;
}
