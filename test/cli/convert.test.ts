import { mkdtemp, readFile, readdir, rm, stat, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unpackTar } from 'modern-tar';
import { loadImageSet } from '../../src/archive/read/load-images.ts';
import { openImageSource } from '../../src/archive/read/open.ts';
import { listImages } from '../../src/image/select/list-images.ts';
import { walkSet } from '../../src/image/walk.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { formatPlatform } from '../../src/platform/platform.ts';
import { runProgram } from '../../src/process/run-program.ts';
import { file, fixture, indexOf, layoutEntries, makeImage, tarOf } from '../support/archives.ts';
import { runForBytes } from '../support/context.ts';
import { LACKING } from '../support/has-program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forkwright-convert-'));
});
afterAll(() => rm(folder, { recursive: true }));

function convert(source: string, output: string, ...more: string[]) {
  return runForBytes(['convert', source, output, ...more], { cwd: folder });
}

/** What has to survive every conversion. */
async function essenceOf(path: string) {
  const source = await openImageSource(path, folder);
  try {
    const { set, findings } = await loadImageSet(source);
    expect(findings.filter(({ severity, code }) => severity === 'error' && code !== 'blob.absent')).toEqual([]);
    const images = listImages(set).map(({ image, platform }) => ({
      platform: platform === null ? null : formatPlatform(platform),
      config: image.manifest.config.digest,
      diffIds: image.config?.document.diffIds,
    }));
    const manifests = walkSet(set)
      .filter(({ node }) => node.kind === 'image')
      .map(({ node }) => node.descriptor.digest);
    return { images, manifests: [...new Set(manifests)].toSorted(), names: set.roots.flatMap(({ names }) => names) };
  } finally {
    await source.close();
  }
}

async function filesOf(path: string): Promise<ReadonlyMap<string, string>> {
  const entries = await unpackTar(await readFile(path));
  return new Map(
    entries.map(({ header, data }) => [header.name, header.linkname || Buffer.from(data ?? []).toString('latin1')]),
  );
}

test('what skopeo would write, entry for entry', async () => {
  await convert(fixture('buildx-oci.tar'), 'skopeo.tar', '--to', 'docker-archive-skopeo');
  expect([...(await filesOf(join(folder, 'skopeo.tar')))]).toEqual([
    ...(await filesOf(fixture('skopeo-docker-archive.tar'))),
  ]);
});

test('what docker before 25 would write, ids and all', async () => {
  await convert(fixture('docker-20.10-save.tar'), 'legacy.tar', '--to', 'docker-archive-legacy');
  const sorted = async (path: string) => [...(await filesOf(path))].toSorted(([a], [b]) => (a < b ? -1 : 1));
  expect(await sorted(join(folder, 'legacy.tar'))).toEqual(await sorted(fixture('docker-20.10-save.tar')));
});

test('what docker 25 and later write: both indexes, one set of blobs', async () => {
  const name = 'docker-28-overlay2-save.tar';
  await convert(fixture(name), 'hybrid.tar', '--to', 'docker-archive');
  const [ours, theirs] = [await filesOf(join(folder, 'hybrid.tar')), await filesOf(fixture(name))];
  for (const file of ['manifest.json', 'repositories', 'index.json']) {
    expect(JSON.parse(ours.get(file) ?? '')).toEqual(JSON.parse(theirs.get(file) ?? ''));
  }
});

test('a layer that comes twice is a link the second time', async () => {
  const { blobs, descriptor } = makeImage([[file('a')], [file('b')], [file('a')]]);
  await writeFile(
    join(folder, 'twice.tar'),
    tarOf(
      layoutEntries(
        indexOf([descriptor]),
        blobs.filter((blob, at) => blobs.findIndex(({ digest }) => digest === blob.digest) === at),
      ),
    ),
  );
  await convert('twice.tar', 'twice-legacy.tar', '--to', 'docker-archive-legacy', '--name', 'twice:1');
  const links = [...(await filesOf(join(folder, 'twice-legacy.tar')))].filter(([, text]) => text.startsWith('../'));
  expect(links).toHaveLength(1);
  expect((await essenceOf('twice-legacy.tar')).images).toEqual((await essenceOf('twice.tar')).images);
});

test.each([
  ['gzip', []],
  ['none', []],
])('layers as %s: the diff ids stay, the attestation goes with a warning', async (compression) => {
  const source = fixture(
    compression === 'gzip' ? 'docker-28-overlay2-save.tar' : 'buildx-oci-linux-amd64-attested.tar',
  );
  const { stderr } = await convert(source, 'layers.tar', '--to', 'oci-archive', '--layer-compression', compression);
  const [before, after] = [await essenceOf(source), await essenceOf('layers.tar')];
  expect(after.images).toEqual(before.images);
  expect(after.manifests).not.toEqual(before.manifests);
  if (compression === 'none')
    expect(stderr).toContain('which was rewritten; it is left out [convert.lost-attestation]');
  const verified = await runForBytes(['verify', 'layers.tar'], { cwd: folder });
  expect(verified.exitCode).toBe(0);
});

test('media types to docker and back give the manifest that there was', async () => {
  await convert(fixture('buildx-oci.tar'), 'docker-types.tar', '--to', 'oci-archive', '--media-types', 'docker');
  const docker = await filesOf(join(folder, 'docker-types.tar'));
  expect([...docker.values()].filter((text) => text.includes('application/vnd.oci.image.layer'))).toEqual([]);
  await convert('docker-types.tar', 'oci-types.tar', '--to', 'oci-archive');
  expect((await essenceOf('oci-types.tar')).manifests).toEqual((await essenceOf(fixture('buildx-oci.tar'))).manifests);
});

test('stdout gets what a file gets, and the report goes to stderr', async () => {
  const source = fixture('buildx-oci.tar');
  await convert(source, 'file.tar', '--to', 'docker-archive');
  const { stdout, stderr, bytes } = await convert(source, '-', '--to', 'docker-archive');
  expect(bytes.equals(await readFile(join(folder, 'file.tar')))).toBe(true);
  expect(stdout).toBe('');
  expect(stderr).toContain('stdout 43.5 KiB');
});

test.for(['none', 'gzip', 'xz', 'zstd'])(
  'compressed with %s: the same bytes each time, in a file and on stdout',
  async (how, { skip }) => {
    skip(LACKING.has(how), `there is no ${how} on PATH`);
    const argv = ['convert', fixture('buildx-oci.tar')];
    const options = ['--to', 'oci-archive', '--compress', how];
    const run = (output: string) =>
      runForBytes([...argv, output, ...options], { cwd: folder, env: process.env, run: runProgram });
    const first = await run(`${how}-1.tar`);
    expect([first.exitCode, first.stderr.match(/error.*/)]).toEqual([0, null]);
    const { bytes } = await run('-');
    expect(digestOf(await readFile(join(folder, `${how}-1.tar`)))).toBe(digestOf(bytes));
    expect((await essenceOf(`${how}-1.tar`)).images).toEqual((await essenceOf(fixture('buildx-oci.tar'))).images);
  },
);

test('a platform out of an index: its image alone, or with its attestation', async () => {
  await convert(fixture('buildx-oci-multi.tar'), 'arm.tar', '--to', 'docker-archive', '--platform', 'linux/arm64');
  expect((await essenceOf('arm.tar')).images.map(({ platform }) => platform)).toEqual(['linux/arm64']);
  const argv = ['--to', 'oci-archive', '--platform', 'linux/arm64'];
  await convert(fixture('buildx-oci-multi-attested.tar'), 'arm-attested.tar', ...argv);
  const { manifests } = await essenceOf('arm-attested.tar');
  expect(manifests).toHaveLength(2);
});

test('a sparse archive: what is there is written, what is not is a warning', async () => {
  const [amd64, arm64] = [makeImage([[file('a', 'amd64')]]), makeImage([[file('a', 'arm64')]], 'arm64')];
  const entries = layoutEntries(indexOf([amd64.descriptor, arm64.descriptor]), [...amd64.blobs, arm64.manifest]);
  await writeFile(join(folder, 'half.tar'), tarOf(entries));
  const { exitCode, stderr } = await convert('half.tar', 'sparse.tar', '--to', 'oci-archive');
  expect(exitCode).toBe(0);
  expect(stderr).toContain('warning: the image for linux/arm64 lacks its blob');
  expect(stderr).toContain('it is left out [convert.absent-child]');
  expect((await essenceOf('sparse.tar')).images).toHaveLength(1);
  const wanted = await convert('half.tar', 'arm64.tar', '--to', 'oci-archive', '--platform', 'linux/arm64');
  expect(wanted.exitCode).toBe(2);
  expect(wanted.stderr).toContain('[convert.no-image]');
});

test.each([
  ['--flatten', 1],
  ['--max-layers', 3],
])('%s: fewer layers, the config kept, the same root filesystem', async (option, layerCount) => {
  const source = fixture('docker-20.10-save.tar');
  const argv = option === '--flatten' ? [option] : [option, String(layerCount)];
  for (const to of ['oci-archive', 'docker-archive-legacy']) {
    const { stderr, exitCode } = await convert(source, 'flat.tar', '--to', to, ...argv);
    expect([exitCode, stderr.match(/error.*/)]).toEqual([0, null]);
    const { images } = await essenceOf('flat.tar');
    expect(images.map(({ diffIds }) => diffIds?.length)).toEqual([layerCount]);
    const verified = await runForBytes(['verify', 'flat.tar'], { cwd: folder });
    expect(verified.exitCode).toBe(0);
    await convert(source, 'before.rootfs.tar', '--to', 'rootfs');
    await convert('flat.tar', 'after.rootfs.tar', '--to', 'rootfs');
    const [before, after] = [
      await readFile(join(folder, 'before.rootfs.tar')),
      await readFile(join(folder, 'after.rootfs.tar')),
    ];
    const [entriesBefore, entriesAfter] = [await unpackTar(before), await unpackTar(after)];
    const names = (entries: typeof entriesBefore) => entries.map(({ header }) => header.name).toSorted();
    expect(names(entriesAfter)).toEqual(names(entriesBefore));
  }
});

test('layout to layout copies no bytes where the disk can do without', async () => {
  await mkdir(join(folder, 'links'), { recursive: true });
  await convert(fixture('buildx-oci.tar'), 'links/one', '--to', 'oci');
  await convert('links/one', 'links/two', '--to', 'oci');
  const [name = ''] = await readdir(join(folder, 'links/one/blobs/sha256'));
  const stats = await Promise.all(['one', 'two'].map((each) => stat(join(folder, `links/${each}/blobs/sha256`, name))));
  expect(stats[0]?.size).toBe(stats[1]?.size);
  expect(await essenceOf('links/two')).toEqual(await essenceOf('links/one'));
});

test.each<[what: string, argv: readonly string[], message: RegExp]>([
  [
    'several platforms in a docker archive',
    ['buildx-oci-multi.tar', 'x.tar', '--to', 'docker-archive'],
    /error: docker archives hold one image under a name, and here are several: linux\/amd64 \(.*\); linux\/arm64 .*\[convert.several-images\]\n +hint: choose one with --platform or --image, or write an oci-archive/,
  ],
  [
    'several platforms as a root filesystem',
    ['buildx-oci-multi.tar', 'x.tar', '--to', 'rootfs'],
    /a root filesystem holds one image, and here are several: /,
  ],
  [
    'a platform that is not there',
    ['buildx-oci.tar', 'x.tar', '--to', 'oci-archive', '--platform', 'linux/s390x'],
    /the archive holds no image for linux\/s390x that is whole \[convert.no-image\]\n +hint: it has linux\/amd64/,
  ],
  [
    'a layout on stdout',
    ['buildx-oci.tar', '-', '--to', 'oci'],
    /a layout is a folder, and stdout is none: write an oci-archive \[convert.usage\]/,
  ],
  [
    'compressed layers in the older layout',
    ['buildx-oci.tar', 'x.tar', '--to', 'docker-archive-legacy', '--layer-compression', 'gzip'],
    /the layers of a docker-archive-legacy are not compressed/,
  ],
  [
    'a name without a tag',
    ['buildx-oci.tar', 'x.tar', '--to', 'oci-archive', '--name', 'zoo'],
    /"zoo" is no name with a tag \[reference.malformed\]/,
  ],
])('refuses %s with 2, and writes nothing', async (_, [source = '', output = '', ...rest], message) => {
  const { exitCode, stderr } = await convert(fixture(source), output, ...rest);
  expect(stderr).toMatch(message);
  expect(exitCode).toBe(2);
  expect(await readdir(folder)).not.toContain('x.tar');
});

test('a damaged layer leaves nothing behind', async () => {
  await mkdir(join(folder, 'damaged'), { recursive: true });
  const bytes = await readFile(fixture('buildx-oci.tar'));
  const layer = bytes.indexOf(Buffer.from('1f8b', 'hex'));
  bytes.writeUInt8(bytes.readUInt8(layer + 40) ^ 1, layer + 40);
  await writeFile(join(folder, 'damaged/in.tar'), bytes);
  for (const to of ['oci-archive', 'oci', 'docker-archive', 'docker-archive-legacy', 'rootfs']) {
    const { exitCode } = await convert('damaged/in.tar', 'damaged/out', '--to', to);
    expect([to, exitCode]).toEqual([to, 2]);
  }
  expect(await readdir(join(folder, 'damaged'))).toEqual(['in.tar']);
});

test('--json says what was written', async () => {
  const { stdout } = await convert(fixture('buildx-oci.tar'), 'json.tar', '--to', 'oci-archive', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'forkwright.convert/v1',
    output: 'json.tar',
    format: 'oci-archive',
    images: [{ platform: 'linux/amd64', isChanged: false, names: ['docker.io/library/zoo:1'] }],
  });
});
