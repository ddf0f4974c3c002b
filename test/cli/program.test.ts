import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { runInProcess } from '../support/context.ts';

const cwd = mkdtempSync(join(tmpdir(), 'forkwright-program-'));

test('--help lists every command with its summary, on stdout', async () => {
  const { exitCode, stdout, stderr } = await runInProcess(['--help'], { cwd });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  for (const { name, summary } of COMMANDS)
    expect(stdout).toMatch(new RegExp(`^  ${name} .*${summary.slice(0, 20)}`, 'm'));
});

test('--version is that of package.json', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(await runInProcess(['--version'], { cwd })).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
});

test.each([
  [['frobnicate'], "error: unknown command 'frobnicate'"],
  [['verfy', 'x'], "error: unknown command 'verfy'\n(Did you mean verify?)"],
  [['assemble', 'a.tar'], "error: required option '--output <output>' not specified"],
  [['verify'], "error: missing required argument 'source'"],
  [['render', '--chekc'], "error: unknown option '--chekc'\n(Did you mean --check?)"],
  [['build', 'x', '--builder', 'podman'], "error: option '--builder <builder>' argument 'podman' is invalid."],
  [['validate', '--color', 'blue'], "error: option '--color <when>' argument 'blue' is invalid."],
])('%j is a usage error: 2, on stderr, with what was meant', async (argv, message) => {
  const { exitCode, stdout, stderr } = await runInProcess(argv, { cwd });
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(message);
});

test('no command at all shows the help and is a usage error', async () => {
  const { exitCode, stderr } = await runInProcess([], { cwd });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('Usage: forkwright [options] [command]');
});

test('an error says what, where and what to do, and is a document with --json', async () => {
  const plain = await runInProcess(['inspect', 'nowhere.tar'], { cwd });
  expect({ exitCode: plain.exitCode, stdout: plain.stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(plain.stderr).toMatch(/^nowhere\.tar: error: .* \[archive\.not-found\]\n/);
  const json = await runInProcess(['inspect', 'nowhere.tar', '--json'], { cwd });
  expect(json.exitCode).toBe(2);
  expect(JSON.parse(json.stdout)).toMatchObject({
    schema: 'forkwright.error/v1',
    findings: [{ code: 'archive.not-found', severity: 'error', place: 'nowhere.tar' }],
  });
});

test('an aborted signal ends with 130', async () => {
  const { exitCode, stderr } = await runInProcess(['validate'], { cwd, signal: AbortSignal.abort() });
  expect(exitCode).toBe(130);
  expect(stderr).toContain('interrupted');
});
