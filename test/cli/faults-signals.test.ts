import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from '../../src/process/run-program.ts';
import { isRunning, makeStallingPrograms, startBuilt, until } from '../support/built-program.ts';
import { runInProcess } from '../support/context.ts';
import { LACKING } from '../support/has-program.ts';
import { makeArchive } from '../support/large-archive.ts';

const MIB = 1024 * 1024;
const LARGE = makeArchive(2.5 * MIB).tar;
const SMALL = makeArchive(10).tar;

const RECIPE = `name: tool
version: "1"
image: { base: scratch, entrypoint: [/large] }
platforms: [linux/amd64]
archives: { scheme: plain, kinds: [export] }
`;
const RELEASE = 'out/tool/release';

interface Case {
  readonly name: string;
  readonly argv: readonly string[];
  /** Where the output is to be, and what it is called. */
  readonly folder: string;
  readonly outputs: readonly string[];
}

const convert = (name: string, ...options: string[]): Case => ({
  name: `convert ${options.join(' ')}`,
  argv: ['convert', 'x.tar', `o/${name}`, ...options],
  folder: 'o',
  outputs: [name],
});

const CASES: readonly Case[] = [
  convert('y.tar', '--to', 'oci-archive'),
  convert('y', '--to', 'oci'),
  convert('y.tar', '--to', 'docker-archive'),
  convert('y.tar', '--to', 'docker-archive-legacy'),
  convert('y.tar', '--to', 'docker-archive-skopeo'),
  convert('y.tar', '--to', 'rootfs'),
  convert('y.tar', '--to', 'oci-archive', '--flatten'),
  convert('y.tar', '--to', 'oci-archive', '--compress', 'gzip'),
  convert('y.tar', '--to', 'oci-archive', '--layer-compression', 'gzip'),
  { name: 'assemble', argv: ['assemble', 'x.tar', '--output', 'o/y.tar'], folder: 'o', outputs: ['y.tar'] },
  { name: 'assemble to a folder', argv: ['assemble', 'x.tar', '--output', 'o/y'], folder: 'o', outputs: ['y'] },
  { name: 'extract', argv: ['extract', 'x.tar', '/large', '--output', 'o/y'], folder: 'o', outputs: ['y'] },
];

/** Those whose last step is done by a program. */
const PROGRAM_CASES: readonly Case[] = [
  convert('y.tar.xz', '--to', 'oci-archive', '--compress', 'xz'),
  convert('y.tar.xz', '--to', 'rootfs', '--compress', 'xz'),
  {
    name: 'archives',
    argv: ['archives', 'tool'],
    folder: RELEASE,
    outputs: ['tool-linux-amd64.rootfs.tar.xz', 'tool-linux-amd64.rootfs.tar.xz.import.sh'],
  },
];

let home = '';
beforeAll(async () => (home = await mkdtemp(join(tmpdir(), 'forkwright-test-'))));
afterAll(() => rm(home, { recursive: true, force: true }));

async function makeWorkspace(archive: Buffer): Promise<string> {
  const cwd = await mkdtemp(join(home, 'w-'));
  await mkdir(join(cwd, 'recipes'), { recursive: true });
  await mkdir(join(cwd, 'out/tool'), { recursive: true });
  await writeFile(join(cwd, 'forkwright.yaml'), '{}\n');
  await writeFile(join(cwd, 'recipes/tool.yaml'), RECIPE);
  await writeArchive(cwd, archive);
  return cwd;
}

async function writeArchive(cwd: string, archive: Buffer): Promise<void> {
  await writeFile(join(cwd, 'x.tar'), archive);
  await cp(join(cwd, 'x.tar'), join(cwd, 'out/tool/linux-amd64.oci.tar'));
}

/** What is in the folder of the output; nothing where there is none yet. */
async function list(cwd: string, { folder }: Case): Promise<readonly string[]> {
  return existsSync(join(cwd, folder)) ? (await readdir(join(cwd, folder))).toSorted() : [];
}

/** The same again with a small archive, and nothing in its way: the result is there, and what was left behind is not. */
async function expectNextRun(cwd: string, each: Case): Promise<void> {
  await writeArchive(cwd, SMALL);
  const { exitCode, stderr } = await runInProcess(each.argv, { cwd, run: runProgram });
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  const names = await list(cwd, each);
  expect(names.filter((name) => name.startsWith('.'))).toEqual([]);
  expect(names).toEqual(expect.arrayContaining([...each.outputs]));
}

describe('in the middle of', { concurrent: true, timeout: 60_000 }, () => {
  test.each(CASES)('$name: kill -9 leaves nothing under the final name', async (each) => {
    const cwd = await makeWorkspace(LARGE);
    const running = await startBuilt(each.argv, { cwd, stallsAt: MIB });
    await running.stalled();
    running.kill('SIGKILL');
    expect(await running.end).toMatchObject({ exitCode: null, stdout: '' });
    expect((await list(cwd, each)).filter((name) => !name.startsWith('.'))).toEqual([]);
    await expectNextRun(cwd, each);
  });

  test.each(CASES)('$name: Ctrl-C leaves nothing at all', async (each) => {
    const cwd = await makeWorkspace(LARGE);
    const running = await startBuilt(each.argv, { cwd, stallsAt: MIB });
    await running.stalled();
    running.kill('SIGINT');
    expect(await running.end).toMatchObject({
      exitCode: 130,
      stdout: '',
      stderr: expect.stringMatching(/interrupted\n$/),
    });
    expect(await list(cwd, each)).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')(
  'while a program compresses',
  { concurrent: true, timeout: 60_000 },
  () => {
    test.each(PROGRAM_CASES)('$name: kill -9 ends the program too', async (each) => {
      const cwd = await makeWorkspace(SMALL);
      const running = await startBuilt(each.argv, { cwd, env: { PATH: await makeStallingPrograms(cwd, ['xz']) } });
      const pid = Number(await running.stalled());
      expect(await isRunning(pid)).toBe(true);
      running.kill('SIGKILL');
      await until(async () => !(await isRunning(pid)));
      await running.end;
      expect((await list(cwd, each)).filter((name) => !name.startsWith('.'))).toEqual([]);
      if (!LACKING.has('xz')) await expectNextRun(cwd, each);
    });

    test.each(PROGRAM_CASES)('$name: Ctrl-C ends the program too', async (each) => {
      const cwd = await makeWorkspace(SMALL);
      const running = await startBuilt(each.argv, { cwd, env: { PATH: await makeStallingPrograms(cwd, ['xz']) } });
      const pid = Number(await running.stalled());
      running.kill('SIGINT');
      expect(await running.end).toMatchObject({
        exitCode: 130,
        stdout: '',
        stderr: expect.stringMatching(/interrupted\n$/),
      });
      expect(await isRunning(pid)).toBe(false);
      expect(await list(cwd, each)).toEqual([]);
    });
  },
);

test.skipIf(process.platform === 'win32')('Ctrl-C while an archive is unpacked by a program', async () => {
  const cwd = await makeWorkspace(SMALL);
  await writeFile(join(cwd, 'x.tar.xz'), Buffer.concat([Buffer.from('fd377a585a00', 'hex'), Buffer.alloc(600)]));
  const argv = ['convert', 'x.tar.xz', 'o/y.tar', '--to', 'oci-archive'];
  const running = await startBuilt(argv, { cwd, env: { PATH: await makeStallingPrograms(cwd, ['xz']) } });
  const pid = Number(await running.stalled());
  running.kill('SIGINT');
  expect(await running.end).toMatchObject({ exitCode: 130, stderr: expect.stringMatching(/interrupted\n$/) });
  expect(await isRunning(pid)).toBe(false);
});

test('release files that were begun again are not covered by the sums of those before', async ({ skip }) => {
  skip(process.platform === 'win32' || LACKING.has('xz'), 'there is no xz on PATH');
  const cwd = await makeWorkspace(SMALL);
  await runInProcess(['archives', 'tool'], { cwd, run: runProgram });
  expect(await readdir(join(cwd, 'out/tool/release'))).toContain('SHA256SUMS');
  const running = await startBuilt(['archives', 'tool'], {
    cwd,
    env: { PATH: await makeStallingPrograms(cwd, ['xz']) },
  });
  await running.stalled();
  running.kill('SIGINT');
  await running.end;
  expect((await readdir(join(cwd, 'out/tool/release'))).toSorted()).toEqual([
    'tool-linux-amd64.rootfs.tar.xz',
    'tool-linux-amd64.rootfs.tar.xz.import.sh',
    'tool-linux-amd64.rootfs.tar.xz.json',
  ]);
});
