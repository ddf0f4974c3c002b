import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const RUN_PROGRAM = fileURLToPath(new URL('../../dist/process/run-program.js', import.meta.url));

/** A process that runs a program that says its process id and goes on for a minute. */
function startParent(isGuarded: boolean) {
  const program = 'console.log(process.pid); setTimeout(() => {}, 60000)';
  const script = `
    const { runProgram } = await import(${JSON.stringify(RUN_PROGRAM)});
    await runProgram([process.execPath, '-e', ${JSON.stringify(program)}], {
      cwd: '/', env: process.env, signal: new AbortController().signal, timeoutMs: 60000, isGuarded: ${isGuarded},
      onOutput: (piece) => process.stdout.write(piece),
    });`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function readPid(parent: ReturnType<typeof startParent>): Promise<number> {
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  return Number(line.toString());
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a program is ended when the process that runs it is killed', async () => {
  const parent = startParent(true);
  const pid = await readPid(parent);
  parent.kill('SIGKILL');
  await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
});

test('without a guard it would go on', async () => {
  const parent = startParent(false);
  const pid = await readPid(parent);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  expect(isRunning(pid)).toBe(true);
  process.kill(pid, 'SIGKILL');
});
