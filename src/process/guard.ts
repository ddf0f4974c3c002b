import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Ends what this process has started when this process is gone. It lives in a process of its own, which reads process
 * groups from its input: `+123` to end one later, `-123` to leave it alone. The input ends when the writer does, however
 * that comes about: kill -9 gives no chance to clean up. TERM comes first, KILL two seconds later.
 */
const GUARD = `
const groups = new Set();
let rest = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (text) => {
  const lines = (rest + text).split('\\n');
  rest = lines.pop();
  for (const line of lines) line[0] === '+' ? groups.add(Number(line.slice(1))) : groups.delete(Number(line.slice(1)));
});
const end = (signal) => {
  for (const group of groups) {
    try {
      process.kill(process.platform === 'win32' ? group : -group, signal);
    } catch {
      groups.delete(group);
    }
  }
};
process.stdin.on('end', () => {
  end('SIGTERM');
  if (groups.size > 0) setTimeout(() => end('SIGKILL'), 2000);
});
`;

let input: NodeJS.WritableStream | null = null;

/**
 * Has a program (and its process group) ended if this process is killed before `release`, which this gives, is called.
 * Takes the program's process id; undefined for one that could not be started.
 */
export function guardProgram(pid: number | undefined): () => void {
  if (pid === undefined) return () => undefined;
  const guard = openGuard();
  guard.write(`+${pid}\n`);
  return () => void guard.write(`-${pid}\n`);
}

/** Starts the guard, if there is none yet: before a program, so that there is no time in which it has none. */
export function openGuard(): NodeJS.WritableStream {
  input ??= startGuard();
  return input;
}

function startGuard(): NodeJS.WritableStream {
  // A session of its own: Ctrl-C in the terminal is for the program that it guards.
  const guard = spawn(process.execPath, ['-e', GUARD], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    windowsHide: true,
  });
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  // Without a guard everything works, but for what only kill -9 leaves behind.
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  return guard.stdin;
}
