import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { makeFolder } from '../support/archives.ts';
import { startBuilt } from '../support/built-program.ts';
import { runInProcess } from '../support/context.ts';
import { makeArchive, writeFiles } from '../support/large-archive.ts';

const MIB = 1024 * 1024;
// More than what is read ahead of what is written.
const { tar, files, layers } = makeArchive(16 * MIB);

async function makeInputs(): Promise<string> {
  const cwd = join(await makeFolder(), 'w');
  await mkdir(cwd);
  await mkdir(join(cwd, 'o'));
  await writeFile(join(cwd, 'x.tar'), tar);
  await writeFiles(join(cwd, 'x'), files);
  return cwd;
}

const WRITERS: readonly (readonly string[])[] = [
  ['convert', 'X', 'o/y', '--to', 'oci-archive'],
  ['assemble', 'X', '--output', 'o/y.tar'],
  ['convert', 'X', 'o/y', '--to', 'docker-archive-legacy'],
  ['convert', 'X', 'o/y', '--to', 'rootfs'],
  ['extract', 'X', '/large', '--output', 'o/y'],
];

function naming(argv: readonly string[], source: string): readonly string[] {
  return argv.map((word) => (word === 'X' ? source : word));
}

test.for(WRITERS)('an archive that becomes shorter while it is read: %s %s %s %s %s', async (argv) => {
  const cwd = await makeInputs();
  const running = await startBuilt(naming(argv, 'x.tar'), { cwd, stallsAt: MIB });
  await running.stalled();
  await truncate(join(cwd, 'x.tar'), 8 * MIB);
  running.kill('SIGUSR2');
  const { exitCode, stdout, stderr } = await running.end;
  expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(
    `x.tar: ${layers[0]}: error: the file became shorter while it was read [archive.read-failed]\n`,
  );
  expect(await readdir(join(cwd, 'o'))).toEqual([]);
});

test.for(WRITERS.slice(0, 2))('a folder whose next blob goes away: %s %s %s %s %s', async (argv) => {
  const cwd = await makeInputs();
  const running = await startBuilt(naming(argv, 'x'), { cwd, stallsAt: MIB });
  await running.stalled();
  await rm(join(cwd, 'x', layers[1] ?? ''));
  running.kill('SIGUSR2');
  const { exitCode, stdout, stderr } = await running.end;
  expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(`x: ${layers[1]}: error: cannot be opened: ENOENT`);
  expect(stderr).toContain(' [archive.read-failed]\n');
  expect(await readdir(join(cwd, 'o'))).toEqual([]);
});

test.for(WRITERS)('stdin that ends early: %s %s %s %s %s', async (argv) => {
  const cwd = await makeInputs();
  async function* stdin(): AsyncGenerator<Uint8Array> {
    yield tar.subarray(0, MIB);
  }
  const { exitCode, stderr } = await runInProcess(naming(argv, '-'), { cwd, stdin });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('[tar.truncated]');
  expect(await readdir(join(cwd, 'o'))).toEqual([]);
});

test('a pipe whose writer is killed', async ({ skip }) => {
  skip(process.platform === 'win32', 'there are no pipes with names');
  const cwd = await makeInputs();
  execFileSync('sh', ['-c', 'mkfifo pipe'], { cwd });
  const running = await startBuilt(['convert', 'pipe', 'o/y', '--to', 'oci-archive'], { cwd });
  const writer = spawn('sh', ['-c', 'head -c 1000000 x.tar; kill -9 $$'], { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
  await pipeline(writer.stdout, createWriteStream(join(cwd, 'pipe')));
  const { exitCode, stderr } = await running.end;
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('[tar.truncated]') });
  expect(await readdir(join(cwd, 'o'))).toEqual([]);
});

test.for(WRITERS)('a file that may not be read: %s %s %s %s %s', async (argv, { skip }) => {
  skip(process.getuid?.() === 0 || process.platform === 'win32', 'root may read everything');
  const cwd = await makeInputs();
  await chmod(join(cwd, 'x.tar'), 0);
  const { exitCode, stderr } = await runInProcess(naming(argv, 'x.tar'), { cwd });
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('[archive.unreadable]') });
  expect(await readdir(join(cwd, 'o'))).toEqual([]);
});

test.for(WRITERS)('a file that is not there: %s %s %s %s %s', async (argv) => {
  const cwd = await makeInputs();
  expect(await runInProcess(naming(argv, 'z.tar'), { cwd })).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: 'z.tar: error: there is no such file or folder [archive.not-found]\n',
  });
  expect(await readdir(join(cwd, 'o'))).toEqual([]);
});
