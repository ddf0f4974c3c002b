import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { runProgram } from '../../src/process/run-program.ts';
import { readContent, withoutLayers, type ArchiveContent, type ImageContent } from '../support/archive-content.ts';
import {
  ARCHIVES,
  BESIDE,
  findLack,
  FORMATS,
  FORMATS_AS_THEY_ARE,
  FORMATS_UNPACKED,
  legsOf,
  TRUNCATED,
  type ArchiveRow,
  type Leg,
} from '../support/archive-table.ts';
import { fixture } from '../support/archives.ts';
import { runForBytes } from '../support/context.ts';
import { listRootfs } from '../support/flat-files.ts';

const ZOO = JSON.parse(await readFile(fixture('zoo-1.config.json'), 'utf8')) as ImageContent['config'];
const ZOO_FILES = (await readFile(fixture('zoo-1.rootfs.tsv'), 'utf8')).trim().split('\n').slice(1).toSorted();

// These are about the way an archive was written, or about what it leaves out.
const OF_THE_ARCHIVE: ReadonlySet<string> = new Set(['blob.absent', 'blob.unreferenced']);
const FOREIGN = 'program.wrong-machine';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forkwright-round-trip-'));
});
afterAll(() => rm(folder, { recursive: true }));

function forkwright(...argv: string[]) {
  return runForBytes(argv, { cwd: folder, env: process.env, run: runProgram });
}

/** Runs a conversion that has to end well. */
async function convert(...argv: string[]): Promise<void> {
  const { exitCode, stderr } = await forkwright('convert', ...argv);
  expect([exitCode, stderr.match(/error.*/)], argv.join(' ')).toEqual([0, null]);
}

/** The codes of what `verify` finds, each once, sorted. */
async function verify(...argv: string[]): Promise<{ readonly exitCode: number; readonly codes: readonly string[] }> {
  const { exitCode, stdout } = await forkwright('verify', '--json', ...argv);
  const { findings } = JSON.parse(stdout) as { findings: readonly { code: string }[] };
  return { exitCode, codes: [...new Set(findings.map(({ code }) => code))].toSorted() };
}

/** What a root filesystem lacks, as options and as `readContent` takes it. */
function given({ format }: ArchiveRow) {
  if (format !== 'rootfs') return { argv: [], rootfs: undefined };
  const argv = ['--config', fixture('zoo-1.config.json'), '--platform', 'linux/amd64'];
  return { argv, rootfs: { config: ZOO, place: 'zoo-1.config.json', platform: null } };
}

/** What the images of a leg are to be found with after a conversion. */
function verdictOf({ images, found }: ArchiveRow, { from, to }: Leg) {
  const isForeign = images.slice(from, to).some(({ platform }) => platform !== 'linux/amd64');
  const codes = found.filter(
    (code) => !OF_THE_ARCHIVE.has(code) && (to - from > 1 || code !== 'index.order') && (code !== FOREIGN || isForeign),
  );
  return { exitCode: codes.includes(FOREIGN) ? 1 : 0, codes };
}

/** What a container of an image is started with; builders of old write keys without a value besides. */
function startOf({ config }: ImageContent['config']) {
  const keys = ['Entrypoint', 'Cmd', 'Env', 'User', 'WorkingDir', 'ExposedPorts', 'Volumes', 'Labels', 'StopSignal'];
  return keys.map((key) => [key, (config as Readonly<Record<string, unknown>>)[key]]);
}

/** The images of an archive that has one layer each. */
async function flatContent(path: string) {
  const { images } = await readContent(path);
  return images.map(({ platform, diffIds, config }) => ({ platform, diffIds, config: withoutLayers(config) }));
}

/** nix's archive names PATH twice; where a config is rewritten, the last one stays. */
function withoutRepeatedPath(config: ImageContent['config']): ImageContent['config'] {
  const start = config['config'] as { readonly Env?: readonly string[] };
  const last = start.Env?.findLast((entry) => entry.startsWith('PATH='));
  const env = start.Env?.filter((entry) => !entry.startsWith('PATH=') || entry === last);
  return { ...config, config: { ...start, Env: env } };
}

test('every archive is in the table', async () => {
  const listed = [...ARCHIVES.map(({ file }) => file), TRUNCATED, ...BESIDE];
  expect((await readdir(fixture(''))).toSorted()).toEqual(listed.toSorted());
});

describe.concurrent.each(ARCHIVES)('$file', (row) => {
  const source = fixture(row.file);
  const { argv, rootfs } = given(row);
  const lack = findLack(row);
  let before: ArchiveContent;
  beforeAll(async () => {
    if (lack === null) before = await readContent(source, rootfs);
  });
  const path = (name: string) => join(folder, `${row.file}-${name}`);

  test('is detected, inspected and verified', async ({ skip }) => {
    skip(lack !== null, lack ?? '');
    const { exitCode, stdout } = await forkwright('inspect', '--json', source, ...argv);
    const inspected = JSON.parse(stdout) as { format: string; images: readonly { platform: string }[] };
    expect(exitCode).toBe(0);
    expect(inspected.format).toBe(row.format);
    expect(inspected.images.map(({ platform }) => platform)).toEqual(row.images.map(({ platform }) => platform));
    const isForeign = row.found.includes(FOREIGN);
    expect(await verify(source, ...argv)).toEqual({ exitCode: isForeign ? 1 : 0, codes: row.found });
    if (row.zoo === 'config') expect(before.images.map(({ config }) => config)).toEqual([ZOO]);
    if (row.zoo !== null) expect(before.images.map(({ config }) => startOf(config))).toEqual([startOf(ZOO)]);
  });

  test.for(FORMATS_AS_THEY_ARE)('becomes %s, and comes back with every digest', async (format, { skip }) => {
    skip(lack !== null, lack ?? '');
    for (const leg of legsOf(row, format)) {
      const there = path(`${leg.from}.${format}`);
      await convert(source, there, '--to', format, '--media-types', 'keep', ...argv, ...leg.choice);
      expect(await verify(there)).toEqual(verdictOf(row, leg));
      const back = `${there}.back.tar`;
      await convert(there, back, '--to', 'oci-archive', '--media-types', 'keep');
      const after = await readContent(back);
      expect(after.images).toEqual(before.images.slice(leg.from, leg.to));
      if (leg.choice.length === 0) expect(after.names).toEqual(before.names);
      // An index that lists what is not there becomes another one.
      if (leg.choice.length === 0 && !row.found.includes('blob.absent')) expect(after.digests).toEqual(before.digests);
    }
  });

  test.for(FORMATS_UNPACKED)('becomes %s, and comes back with its configs and diff ids', async (format, { skip }) => {
    skip(lack !== null, lack ?? '');
    for (const leg of legsOf(row, format)) {
      const there = path(`${leg.from}.${format}`);
      await convert(source, there, '--to', format, ...argv, ...leg.choice);
      expect(await verify(there)).toEqual(verdictOf(row, leg));
      const back = `${there}.back.tar`;
      await convert(there, back, '--to', 'oci-archive');
      const after = await readContent(back);
      const images = before.images.slice(leg.from, leg.to);
      // Layers that were compressed make another manifest.
      expect(after.images).toEqual(images.map((image) => ({ ...image, digest: expect.any(String) })));
    }
  });

  test('becomes a root filesystem, which is an image again with its config', async ({ skip }) => {
    skip(lack !== null, lack ?? '');
    for (const leg of legsOf(row, 'rootfs')) {
      const there = path(`${leg.from}.rootfs.tar`);
      await convert(source, there, '--to', 'rootfs', ...argv, ...leg.choice);
      const tar = await readFile(there);
      const files = await listRootfs(tar);
      if (row.zoo === 'config') expect(files).toEqual(ZOO_FILES);
      if (row.format === 'rootfs' && row.needs === null)
        expect(files).toEqual(await listRootfs(await readFile(source)));
      const [image] = before.images.slice(leg.from);
      await writeFile(`${there}.json`, JSON.stringify(image?.config));
      const back = `${there}.back.tar`;
      await convert(there, back, '--to', 'oci-archive', '--config', `${there}.json`);
      expect(await verify(back)).toEqual(verdictOf(row, leg));
      expect(await flatContent(back)).toEqual([
        { platform: image?.platform, diffIds: [digestOf(tar)], config: withoutLayers(image?.config ?? {}) },
      ]);
    }
  });

  test('becomes one layer, with its config and the same root filesystem', async ({ skip }) => {
    skip(lack !== null, lack ?? '');
    const flat = path('flat.tar');
    await convert(source, flat, '--to', 'oci-archive', '--flatten', ...argv);
    const images = await flatContent(flat);
    expect(images.map(({ platform }) => platform)).toEqual(row.images.map(({ platform }) => platform));
    for (const [index, { diffIds, config }] of images.entries()) {
      const image = before.images[index];
      expect(config).toEqual(withoutRepeatedPath(withoutLayers(image?.config ?? {})));
      const { choice } = row.images[index] ?? { choice: [] };
      const tar = path(`${index}.flat.rootfs.tar`);
      await convert(source, tar, '--to', 'rootfs', ...argv, ...choice);
      // One layer is left as it is.
      if (image?.diffIds.length === 1) expect(diffIds).toEqual(image.diffIds);
      else expect(diffIds).toEqual([digestOf(await readFile(tar))]);
    }
  });
});

describe('what is no image', () => {
  const rootfs = ARCHIVES.filter(({ format, needs }) => format === 'rootfs' && needs === null);
  test.each([
    ...rootfs.map(({ file }) => [file, 'archive.no-config'] as const),
    [TRUNCATED, 'archive.truncated'] as const,
  ])('%s is refused: %s', async (file, code) => {
    for (const command of ['inspect', 'verify']) {
      const { exitCode, stderr } = await forkwright(command, fixture(file));
      expect({ command, exitCode, said: stderr.includes(`[${code}]`) }).toEqual({
        command,
        exitCode: command === 'verify' && code === 'archive.truncated' ? 1 : 2,
        said: true,
      });
    }
    const output = `${file}-refused`;
    for (const format of [...FORMATS, 'rootfs']) {
      const { exitCode, stderr } = await forkwright('convert', fixture(file), output, '--to', format);
      expect({ format, exitCode, said: stderr.includes(`[${code}]`) }).toEqual({ format, exitCode: 2, said: true });
    }
    expect((await readdir(folder)).filter((name) => name.includes(output))).toEqual([]);
  });
});
