import { watch } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { $ } from 'zx/core';
import { expect, test } from 'vitest';
import type { ForkwrightError } from '../../src/errors.ts';
import { runProgram } from '../../src/process/run-program.ts';
import type { RunOptions } from '../../src/process/run.ts';

const NODE = process.execPath;

function makeOptions(more: Partial<RunOptions> = {}): RunOptions {
  return { cwd: process.cwd(), env: process.env, signal: new AbortController().signal, timeoutMs: 15_000, ...more };
}

/** Runs a script of node with arguments. */
function runScript(script: string, args: readonly string[] = [], more: Partial<RunOptions> = {}) {
  return runProgram([NODE, '-e', script, '--', ...args], makeOptions(more));
}

async function failureOf(running: Promise<unknown>): Promise<ForkwrightError> {
  return running.then(
    () => expect.unreachable('the program did not fail'),
    (error: ForkwrightError) => error,
  );
}

test('gives stdout and stderr as they are', async () => {
  const script = 'process.stdout.write("out"); process.stderr.write("err\\n\\n")';
  expect(await runScript(script)).toEqual({ stdout: 'out', stderr: 'err\n\n' });
});

test('an argument reaches the program as it is, whatever a shell would make of it', async () => {
  const args = [
    '',
    ' ',
    '$(id)',
    '`id`',
    '; rm -rf /',
    '"',
    "'",
    '$HOME',
    '*',
    '~',
    '\\',
    'a\nb',
    '%PATH%',
    '^&|<>',
    'ü→',
  ];
  const { stdout } = await runScript('process.stdout.write(JSON.stringify(process.argv.slice(1)))', args);
  expect(JSON.parse(stdout)).toEqual(args);
});

test('the program runs in its folder, with its environment only, and without input', async () => {
  const script = `
    process.stdin.resume().on('end', () =>
      process.stdout.write(JSON.stringify([process.cwd(), process.env.OWN, process.env.HOME ?? null])))`;
  const { stdout } = await runScript(script, [], { cwd: '/', env: { OWN: 'x', HOME: undefined } });
  expect(JSON.parse(stdout)).toEqual(['/', 'x', null]);
});

test('a program reads an open file and writes another', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forkwright-run-'));
  await writeFile(join(folder, 'in'), 'from a file');
  const [input, output] = await Promise.all([open(join(folder, 'in')), open(join(folder, 'out'), 'w')]);
  try {
    const script = 'process.stdin.pipe(process.stdout); process.stderr.write("said")';
    const result = await runScript(script, [], { inputFd: input.fd, outputFd: output.fd });
    expect(result).toEqual({ stdout: '', stderr: 'said' });
    expect(await readFile(join(folder, 'out'), 'utf8')).toBe('from a file');
  } finally {
    await Promise.all([input.close(), output.close()]);
    await rm(folder, { recursive: true });
  }
});

test('a character that comes in two pieces stays whole', async () => {
  const script = `
    const bytes = Buffer.from('é');
    process.stdout.write(bytes.subarray(0, 1));
    setTimeout(() => process.stdout.write(bytes.subarray(1)), 50)`;
  expect((await runScript(script)).stdout).toBe('é');
});

test('neither bash nor variables of zx are needed or heard', async () => {
  // What zx is left with on a machine that has no bash.
  const before = $.quote;
  Reflect.set($, 'quote', undefined);
  $.prefix = 'exit 3;';
  try {
    expect((await runScript('process.stdout.write("ran")')).stdout).toBe('ran');
  } finally {
    Reflect.set($, 'quote', before);
    $.prefix = '';
  }
});

test('a failure names the command, the exit code and the end of stderr', async () => {
  const error = await failureOf(runScript('console.error("no such thing"); process.exitCode = 7', ['a b', '--flag=1']));
  expect(error.code).toBe('process.failed');
  expect(error.message).toBe(
    `${NODE} -e "console.error(\\"no such thing\\"); process.exitCode = 7" -- "a b" --flag=1 ended with exit code 7:\n` +
      'no such thing',
  );
});

test('of a long stderr only the end is shown', async () => {
  const error = await failureOf(runScript('console.error("x".repeat(5000) + "the end"); process.exitCode = 1'));
  expect(error.message.split('\n')[1]).toBe(`…${'x'.repeat(1993)}the end`);
});

test('a signal is named', async () => {
  const error = await failureOf(runScript('process.kill(process.pid, "SIGKILL")'));
  expect(error.message).toMatch(/was killed by SIGKILL$/);
});

test('secrets are masked in arguments and in stderr, also where one is the start of another or is cut off', async () => {
  const secrets = ['hush', 'hush-hush "quoted"', ''];
  const script = 'console.error(process.argv.slice(1).join(" ").padEnd(2500, ".")); process.exitCode = 1';
  const error = await failureOf(runScript(script, ['--token=hush', 'hush-hush "quoted"'], { secrets }));
  expect(error.message).not.toContain('hush');
  expect(error.message).not.toContain('quoted');
  expect(error.message).toContain('-- --token=*** *** ended with exit code 1');

  const cut = await failureOf(
    runScript('console.error("0123456789" + "x".repeat(1995)); process.exitCode = 1', [], { secrets: ['0123456789'] }),
  );
  expect(cut.message.split('\n')[1]).not.toMatch(/[1-9]/);
});

test('a program that is not there', async () => {
  const error = await failureOf(runProgram(['no-such-program'], makeOptions()));
  expect(error).toMatchObject({
    code: 'process.not-found',
    message: 'the program no-such-program cannot be started',
    hint: 'install no-such-program, or put it on PATH',
  });
});

test('the program is looked up on the PATH that was handed in', async () => {
  const error = await failureOf(runProgram(['node', '--version'], makeOptions({ env: { PATH: '/nowhere' } })));
  expect(error.code).toBe('process.not-found');
});

test('an argument that no program can be given is an error, not a crash', async () => {
  const error = await failureOf(runProgram([NODE, 'a\0b'], makeOptions()));
  expect(error.code).toBe('process.failed');
  expect(error.message).toBe(`${NODE} "a\\u0000b" cannot be started (ERR_INVALID_ARG_VALUE)`);
});

test('a time-out ends the program and what it has started', async () => {
  const script = `
    const { spawn } = require('node:child_process');
    spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'inherit' });
    setTimeout(() => {}, 60000)`;
  const error = await failureOf(runScript(script, [], { timeoutMs: 1000 }));
  expect(error.code).toBe('process.timed-out');
  expect(error.message).toMatch(/ did not end within 1 s/);
  // This line is reached only when the program's own child, too, has let go of stderr.
});

test('an abort ends the program, even one that ignores SIGTERM', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forkwright-'));
  const controller = new AbortController();
  const watcher = watch(folder, () => controller.abort());
  const script = `
    process.on('SIGTERM', () => console.error('not now'));
    require('node:fs').writeFileSync('ready', '');
    setTimeout(() => {}, 60000)`;
  const error = await failureOf(runScript(script, [], { cwd: folder, signal: controller.signal }));
  watcher.close();
  expect(error.code).toBe('process.aborted');
  expect(error.message).toMatch(/ was interrupted:\nnot now$/);
});

test('output is handed on as it comes, and of a long one only the end is kept', async () => {
  const pieces: Buffer[] = [];
  const from = new Set<string>();
  const script = 'process.stderr.write("x".repeat(300_000) + "the end"); process.stdout.write("out")';
  const { stdout, stderr } = await runScript(script, [], {
    onOutput: (piece, stream) => {
      from.add(stream);
      if (stream === 'stderr') pieces.push(piece);
    },
  });
  expect(Buffer.concat(pieces).toString()).toBe(`${'x'.repeat(300_000)}the end`);
  expect([...from].toSorted()).toEqual(['stderr', 'stdout']);
  expect(stdout).toBe('out');
  expect(stderr.length).toBeLessThanOrEqual(64 * 1024);
  expect(stderr.endsWith('the end')).toBe(true);
});

test('who cannot take the output ends the program', async () => {
  const script = 'console.log("first"); setTimeout(() => {}, 60000)';
  const full = new Error('no space left');
  const running = runScript(script, [], {
    onOutput: () => {
      throw full;
    },
  });
  await expect(running).rejects.toBe(full);
});

test('nothing is started once the signal is aborted', async () => {
  const error = await failureOf(runProgram(['no-such-program'], makeOptions({ signal: AbortSignal.abort() })));
  expect(error).toMatchObject({ code: 'process.aborted', message: 'no-such-program was interrupted' });
});
