import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBuilt, type StartOptions } from '../support/built-program.ts';
import { runInProcess } from '../support/context.ts';
import { LACKING } from '../support/has-program.ts';
import { makeArchive } from '../support/large-archive.ts';

const LARGE = makeArchive(2.5 * 1024 * 1024).tar;
const RECIPE = `name: tool
version: "1"
image: { base: scratch, entrypoint: [/large] }
platforms: [linux/amd64]
archives: { scheme: plain, kinds: [export] }
`;

/** A workspace, and in it `disk`: a disk with room for a mebibyte, where this process may mount one. */
let cwd = '';
let hasDisk = false;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'forkwright-test-'));
  for (const folder of ['recipes', 'out/tool', 'disk']) await mkdir(join(cwd, folder), { recursive: true });
  await writeFile(join(cwd, 'forkwright.yaml'), '{}\n');
  await writeFile(join(cwd, 'recipes/tool.yaml'), RECIPE);
  await writeFile(join(cwd, 'x.tar'), LARGE);
  await cp(join(cwd, 'x.tar'), join(cwd, 'out/tool/linux-amd64.oci.tar'));
  await writeFile(join(cwd, 'x.tar.gz'), gzipSync(LARGE));
  if (!LACKING.has('xz'))
    await writeFile(join(cwd, 'x.tar.xz'), execFileSync('sh', ['-c', 'xz -0 -c x.tar'], { cwd, maxBuffer: 1e8 }));
  hasDisk = spawnSync('sh', ['-c', 'mount -t tmpfs -o size=1m none disk'], { cwd }).status === 0;
});

afterAll(async () => {
  if (hasDisk) spawnSync('sh', ['-c', 'umount disk'], { cwd });
  await rm(cwd, { recursive: true, force: true });
});

/** Whether it can be tried here at all; the reporter has the reason. */
function requireDisk(argv: readonly string[], skip: (condition: boolean, note: string) => void): void {
  skip(!hasDisk, 'no small disk can be mounted here: that takes root on Linux');
  for (const name of LACKING) skip(argv.includes(name) || argv.includes('archives'), `there is no ${name} on PATH`);
}

async function run(argv: readonly string[], options: Partial<StartOptions> = {}) {
  return (await startBuilt(argv, { cwd, ...options })).end;
}

const CASES: readonly { readonly argv: readonly string[]; readonly output?: string }[] = [
  ...['oci-archive', 'oci', 'docker-archive', 'docker-archive-legacy', 'docker-archive-skopeo', 'rootfs'].map(
    (format) => ({ argv: ['convert', 'x.tar', 'disk/y', '--to', format] }),
  ),
  ...['gzip', 'zstd', 'xz'].map((compression) => ({
    argv: ['convert', 'x.tar', 'disk/y', '--to', 'rootfs', '--compress', compression],
  })),
  { argv: ['convert', 'x.tar', 'disk/y', '--to', 'oci-archive', '--flatten'] },
  { argv: ['assemble', 'x.tar', '--output', 'disk/y.tar'], output: 'disk/y.tar' },
  { argv: ['assemble', 'x.tar', '--output', 'disk/y'] },
  { argv: ['extract', 'x.tar', '/large', '--output', 'disk/y'] },
  { argv: ['archives', 'tool', '--output', 'disk'], output: 'disk/tool-linux-amd64.rootfs.tar.xz' },
];

test.for(CASES)('the disk under the output is full: $argv', async ({ argv, output = 'disk/y' }, { skip }) => {
  requireDisk(argv, skip);
  const { exitCode, stdout, stderr } = await run(argv);
  expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(`${output}: error: cannot be written: the disk is full: `);
  expect(stderr).toContain(' [archive.write-failed]\n  hint: make room, or write to another disk\n');
  expect(await readdir(join(cwd, 'disk'))).toEqual([]);
});

test('flattening needs no room for temporary files, it is only slower without', async ({ skip }) => {
  requireDisk([], skip);
  const compress = ['convert', 'x.tar', 'gzip.tar', '--to', 'oci-archive', '--layer-compression', 'gzip'];
  expect((await run(compress)).exitCode).toBe(0);
  const flatten = (output: string) => {
    return ['convert', 'gzip.tar', output, '--to', 'oci-archive', '--flatten', '--layer-compression', 'none'];
  };
  expect((await run(flatten('a.tar'))).exitCode).toBe(0);
  const { exitCode } = await run(flatten('b.tar'), { env: { FORKWRIGHT_TMPDIR: join(cwd, 'disk') } });
  expect(exitCode).toBe(0);
  expect((await readFile(join(cwd, 'b.tar'))).equals(await readFile(join(cwd, 'a.tar')))).toBe(true);
  expect(await readdir(join(cwd, 'disk'))).toEqual([]);
});

test.for<{ argv: string[]; place: string; input?: Buffer; needs?: string }>([
  {
    argv: ['convert', 'x.tar', 'y', '--to', 'oci-archive', '--layer-compression', 'gzip'],
    place: 'a layer that is made anew',
  },
  {
    argv: ['convert', 'x.tar', 'y', '--to', 'oci-archive', '--compress', 'xz'],
    place: 'the archive before it is compressed',
  },
  {
    argv: ['convert', 'x.tar', '-', '--to', 'oci-archive', '--compress', 'xz'],
    place: 'the archive before it is compressed',
  },
  { argv: ['convert', '-', 'y', '--to', 'oci-archive'], place: '-', input: LARGE },
  { argv: ['inspect', 'x.tar.gz'], place: 'x.tar.gz' },
  { argv: ['inspect', 'x.tar.xz'], place: 'x.tar.xz', needs: 'xz' },
])('the disk for temporary files is full: $argv', async ({ argv, place, input, needs = '' }, { skip }) => {
  requireDisk([...argv, needs], skip);
  const env = { FORKWRIGHT_TMPDIR: join(cwd, 'disk') };
  const { exitCode, stdout, stderr } = await run(argv, { env, ...(input === undefined ? {} : { input }) });
  expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(/: error: the temporary file for it cannot be written: .*\[archive\.no-room\]/s);
  expect(stderr).toContain(`${place}: error: `);
  expect(stderr).toContain('hint: set FORKWRIGHT_TMPDIR to a folder with room for it\n');
  expect(await readdir(join(cwd, 'disk'))).toEqual([]);
  expect(existsSync(join(cwd, 'y'))).toBe(false);
});

describe.skipIf(!existsSync('/dev/full'))('a stdout or stderr that takes nothing', () => {
  test.each([
    [['inspect', 'x.tar']],
    [['inspect', 'x.tar', '--json']],
    [['convert', 'x.tar', '-', '--to', 'oci-archive']],
    [['convert', 'x.tar', '-', '--to', 'rootfs', '--compress', 'gzip']],
    [['extract', 'x.tar', '/large']],
  ])('%j > /dev/full', async (argv) => {
    const stdoutFd = openSync('/dev/full', 'w');
    const { exitCode, stderr } = await run(argv, { stdoutFd });
    closeSync(stdoutFd);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      'stdout: error: cannot be written: the disk is full [output.write-failed]\n  hint: make room, or write to another disk\n',
    );
    expect(stderr).not.toContain('    at ');
  });

  test('what cannot be said on stderr ends it with 2', async () => {
    const stderrFd = openSync('/dev/full', 'w');
    expect(await run(['inspect', 'nowhere.tar'], { stderrFd })).toMatchObject({ exitCode: 2, stdout: '' });
    closeSync(stderrFd);
  });
});

test('a file that may not become so large', async ({ skip }) => {
  skip(process.platform === 'win32', 'there is no ulimit');
  const { status, stderr } = spawnSync(
    'sh',
    [
      '-c',
      'ulimit -f 2000; exec "$0" "$@"',
      process.execPath,
      resolve('dist/main.js'),
      'convert',
      'x.tar',
      'e/y',
      '--to',
      'oci-archive',
    ],
    { cwd, encoding: 'utf8' },
  );
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /e\/y: error: cannot be written: the file becomes larger than is allowed: EFBIG: file too large, write \[archive\.write-failed\]\n {2}hint: write to another disk, or raise `ulimit -f`\n/,
  );
  expect(await readdir(join(cwd, 'e'))).toEqual([]);
});

test.each(CASES.filter(({ argv }) => argv[0] !== 'archives'))(
  'a file stands where the folder of the output should be: $argv',
  async ({ argv }) => {
    const blocked = argv.map((word) => word.replace(/^disk\//, 'x.tar/'));
    const { exitCode, stdout, stderr } = await runInProcess(blocked, { cwd });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('error: cannot be written: a file stands where a folder should be: ');
  },
);

test('an output folder that nothing may be written to', async ({ skip }) => {
  skip(process.getuid?.() === 0 || process.platform === 'win32', 'root may write everywhere');
  await mkdir(join(cwd, 'closed'));
  await chmod(join(cwd, 'closed'), 0o555);
  const { exitCode, stderr } = await runInProcess(['assemble', 'x.tar', '--output', 'closed/y.tar'], { cwd });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('closed/y.tar: error: cannot be written: no permission: ');
});
