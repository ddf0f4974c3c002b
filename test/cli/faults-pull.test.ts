import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBuilt, until, type Running } from '../support/built-program.ts';
import { runInProcess } from '../support/context.ts';
import { openRegistry, type TestRegistry } from '../support/registry/open-registry.ts';
import { seededImage, seedRepository } from '../support/registry/seeded-image.ts';

const MIB = 1024 * 1024;
// One layer: where it stalls, nothing else is being written.
const IMAGE = seededImage({ layers: [2.5 * MIB] });
const [LAYER = ''] = [...IMAGE.blobs].find(([, bytes]) => bytes.length > MIB) ?? [];
const FORMATS = ['oci-archive', 'docker-archive', 'oci', 'docker-archive-legacy'];

let registry: TestRegistry;
let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'forkwright-test-'));
  registry = await openRegistry();
  seedRepository(registry.repository('zoo'), IMAGE, '1');
});
afterAll(async () => {
  await registry.close();
  await rm(home, { recursive: true, force: true });
});

async function makeFolder(): Promise<string> {
  const cwd = join(await mkdtemp(join(home, 'w-')), 'w');
  await mkdir(cwd);
  return cwd;
}

const argvOf = (format: string, output = 'y') => ['pull', `${registry.host}/zoo:1`, output, '--to', format];

async function visible(cwd: string): Promise<readonly string[]> {
  return (await readdir(cwd)).filter((name) => !name.startsWith('.'));
}

/** The same again with nothing in its way: it goes on, and leaves nothing but a sound result. */
async function expectNextRun(cwd: string, format: string): Promise<void> {
  const before = registry.requests.length;
  const run = await startBuilt(argvOf(format), { cwd });
  expect(await run.end).toMatchObject({ exitCode: 0 });
  const ranges = registry.requests.slice(before).flatMap(({ headers }) => headers['range'] ?? []);
  expect(ranges.filter((range) => Number(/\d+/.exec(range)?.[0]) >= MIB)).not.toEqual([]);
  expect(await readdir(cwd)).toEqual(['y']);
  const { stdout } = await runInProcess(['inspect', 'y', '--json'], { cwd });
  expect(JSON.parse(stdout)).toMatchObject({ findings: [] });
  expect(stdout).toContain(IMAGE.digest);
  const verified = await runInProcess(['verify', 'y', '--json'], { cwd });
  const codes = JSON.parse(verified.stdout).findings.map(({ code }: { code: string }) => code);
  expect(codes.filter((code: string) => code.startsWith('blob.'))).toEqual([]);
}

/** Starts a pull whose layer stops coming in the middle, and waits until what came is in the file, and noted. */
async function startStalling(format: string, cwd: string): Promise<Running> {
  registry.fail({ method: 'GET', path: new RegExp(LAYER), fault: { kind: 'stall', afterBytes: 1.5 * MIB } });
  const running = await startBuilt(argvOf(format), { cwd });
  await until(async () => (await arrivedBytes(cwd)) >= MIB);
  return running;
}

/** What the next pull finds of the layer: noted in a journal, or as a file. */
async function arrivedBytes(cwd: string): Promise<number> {
  const folder = (await readdir(cwd)).find((name) => name.startsWith('.y.pull.'));
  if (folder === undefined) return 0;
  for (const name of await readdir(join(cwd, folder))) {
    const path = join(cwd, folder, name);
    if (name.endsWith('.partial')) return (await stat(path)).size;
    if (name === 'journal') return Number(/ (\d+)\n$/.exec(await readFile(path, 'utf8'))?.[1] ?? 0);
  }
  return 0;
}

describe('in the middle of a pull', { timeout: 60_000 }, () => {
  test.each(FORMATS)('to %s: kill -9 leaves no output, and the next pull goes on', async (format) => {
    const cwd = await makeFolder();
    const running = await startStalling(format, cwd);
    running.kill('SIGKILL');
    expect(await running.end).toMatchObject({ exitCode: null, stdout: '' });
    expect(await visible(cwd)).toEqual([]);
    await expectNextRun(cwd, format);
  });

  test.each(FORMATS)('to %s: Ctrl-C leaves no output, and the next pull goes on', async (format) => {
    const cwd = await makeFolder();
    const running = await startStalling(format, cwd);
    running.kill('SIGINT');
    expect(await running.end).toMatchObject({
      exitCode: 130,
      stdout: '',
      stderr: expect.stringMatching(/what has arrived is kept for the next time[^]*interrupted\n$/),
    });
    expect(await visible(cwd)).toEqual([]);
    await expectNextRun(cwd, format);
  });
});

test.for(FORMATS)(
  'a full disk under a pull to %s: the next one goes on when there is room',
  async (format, { skip }) => {
    const cwd = await makeFolder();
    const mount = (option: string) => spawnSync('sh', ['-c', `mount -t tmpfs -o ${option} none '${cwd}'`]).status === 0;
    skip(!mount('size=1900k'), 'no small disk can be mounted here: that takes root on Linux');
    try {
      const { exitCode, stdout, stderr } = await (await startBuilt(argvOf(format), { cwd })).end;
      expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 2, stdout: '' });
      expect(stderr).toContain('/y: error: cannot be written: the disk is full');
      expect(stderr).toContain(
        'hint: make room, or write to another disk; what has arrived is kept beside it for the next time\n',
      );
      expect(await visible(cwd)).toEqual([]);
      expect(mount('remount,size=20m')).toBe(true);
      await expectNextRun(cwd, format);
    } finally {
      spawnSync('sh', ['-c', `umount '${cwd}'`]);
    }
  },
);

test.each(FORMATS)('a layer that is not what its digest says: no %s', async (format) => {
  const cwd = await makeFolder();
  const stored = registry.repository('lie');
  seedRepository(stored, IMAGE, '1');
  const [digest, bytes] = [...IMAGE.blobs].find(([, each]) => each.length > MIB) ?? [];
  if (digest === undefined || bytes === undefined) throw new Error('no layer');
  stored.blobs.set(digest, Buffer.alloc(bytes.length));
  const { exitCode, stdout, stderr } = await runInProcess(['pull', `${registry.host}/lie:1`, 'y', '--to', format], {
    cwd,
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(`${registry.host}/lie@${digest}: error: what the registry sends has the digest sha256:`);
  expect(await visible(cwd)).toEqual([]);
});
