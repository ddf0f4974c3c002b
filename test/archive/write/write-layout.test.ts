import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackTar } from 'modern-tar';
import { expect, test } from 'vitest';
import { loadImageSet } from '../../../src/archive/read/load-images.ts';
import { openImageSource } from '../../../src/archive/read/open.ts';
import { writeImageLayout, type LayoutPlan } from '../../../src/archive/write/write-layout.ts';
import { ForkwrightError } from '../../../src/errors.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { blobOf, chunksOf, file, fixture, layoutOf, makeFolder, makeImage, SIGNAL } from '../../support/archives.ts';

const OPTIONS = { signal: SIGNAL, onBytes: () => undefined };
const PLAN = layoutOf([makeImage([[file('a', 'amd64')]]), makeImage([[file('a', 'arm64')]], 'arm64')]);
const blobNames = PLAN.blobs.map(({ digest }) => `blobs/sha256/${digest.slice(7)}`);

test('an archive: order, headers, end', async () => {
  const output = join(await makeFolder(), 'new/folders/tool.oci.tar');
  let counted = 0;
  const plan = { ...PLAN, dockerManifest: Buffer.from('[]') };
  const { sizeBytes } = await writeImageLayout(output, plan, { ...OPTIONS, onBytes: (bytes) => (counted += bytes) });
  const bytes = await readFile(output);
  expect(sizeBytes).toBe(bytes.length);
  expect(counted).toBe(PLAN.blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0));
  expect(bytes.subarray(-1024)).toEqual(Buffer.alloc(1024));

  const entries = await unpackTar(bytes, { strict: true });
  expect(entries.map(({ header }) => header.name)).toEqual([
    'oci-layout',
    'index.json',
    'manifest.json',
    'blobs/',
    'blobs/sha256/',
    ...blobNames,
  ]);
  for (const { header } of entries) {
    expect(header).toMatchObject({
      uid: 0,
      gid: 0,
      mtime: new Date(0),
      mode: header.type === 'directory' ? 0o755 : 0o644,
    });
  }
  expect(entries.slice(5).map(({ data }) => digestOf(data!))).toEqual(PLAN.blobs.map(({ digest }) => digest));
  expect(await readdir(join(output, '..'))).toEqual(['tool.oci.tar']);
});

test('the same plan gives the same bytes', async () => {
  const folder = await makeFolder();
  for (const name of ['a.tar', 'b.tar']) await writeImageLayout(join(folder, name), PLAN, OPTIONS);
  expect(await readFile(join(folder, 'a.tar'))).toEqual(await readFile(join(folder, 'b.tar')));
});

test('a layout folder', async () => {
  const output = join(await makeFolder(), 'layout');
  const { sizeBytes } = await writeImageLayout(output, PLAN, OPTIONS);
  expect((await readdir(output)).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout']);
  const source = await openImageSource(output);
  expect({ format: source.format, sizeBytes: source.sizeBytes, findings: source.findings }).toEqual({
    format: 'oci',
    sizeBytes,
    findings: [],
  });
  expect((await loadImageSet(source)).findings).toEqual([]);
});

test('an archive becomes a layout, and an archive again, with every byte', async () => {
  const folder = await makeFolder();
  const copy = async (from: string, to: string) => {
    const source = await openImageSource(from);
    const indexJson = PLAN.indexJson;
    const blobs = PLAN.blobs.map((blob) => ({ ...blob, bytes: () => source.stream(blob.digest) }));
    await writeImageLayout(to, { indexJson, blobs, dockerManifest: null }, OPTIONS);
    await source.close();
  };
  await writeImageLayout(join(folder, 'a.tar'), PLAN, OPTIONS);
  await copy(join(folder, 'a.tar'), join(folder, 'layout'));
  await copy(join(folder, 'layout'), join(folder, 'b.tar'));
  expect(await readFile(join(folder, 'b.tar'))).toEqual(await readFile(join(folder, 'a.tar')));
});

test('large blobs come through in one piece', async () => {
  const blob = blobOf(Buffer.alloc(5 * 1024 * 1024 + 7, 'forkwright'));
  const folder = await makeFolder();
  const plan = {
    ...PLAN,
    blobs: [blobOf(Buffer.from('small')), { ...blob, bytes: () => chunksOf(blob.raw, 1_500_000) }],
  };
  await writeImageLayout(join(folder, 'a.tar'), plan, OPTIONS);
  const source = await openImageSource(join(folder, 'a.tar'));
  const chunks = [];
  for await (const chunk of source.stream(blob.digest)) chunks.push(Buffer.from(chunk));
  await source.close();
  expect(chunks.map(({ length }) => length)).toEqual([...Array<number>(5).fill(1024 * 1024), 7]);
  expect(digestOf(Buffer.concat(chunks))).toBe(blob.digest);
});

test.each(['tool.tar', 'layout'])('%s is replaced whole, even by what is read from it', async (name) => {
  const output = join(await makeFolder(), name);
  await writeImageLayout(output, PLAN, OPTIONS);
  const source = await openImageSource(output);
  const blobs = PLAN.blobs.slice(0, 2).map((blob) => ({ ...blob, bytes: () => source.stream(blob.digest) }));
  await writeImageLayout(output, { ...PLAN, blobs }, OPTIONS);
  await source.close();
  const again = await openImageSource(output);
  expect([...again.blobs()].map(({ digest }) => digest).toSorted()).toEqual(
    blobs.map(({ digest }) => digest).toSorted(),
  );
  await again.close();
  expect(await readdir(join(output, '..'))).toEqual([name]);
});

const GOOD = PLAN.blobs[0]!;
async function* breaking(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('x');
  throw new Error('the line is down');
}

const badPlan = (bytes: () => AsyncIterable<Uint8Array>): LayoutPlan => ({
  ...PLAN,
  blobs: [...PLAN.blobs.slice(1), { ...GOOD, bytes, origin: 'in.tar: blob' }],
});

test.each([
  [
    'other bytes',
    () => chunksOf(Buffer.alloc(GOOD.sizeBytes)),
    `the blob ${GOOD.digest} is damaged: its bytes have the digest ${digestOf(Buffer.alloc(GOOD.sizeBytes))}`,
  ],
  [
    'too few bytes',
    () => chunksOf(Buffer.alloc(3)),
    `the blob ${GOOD.digest} is damaged: the blob has 3 instead of ${GOOD.sizeBytes} bytes`,
  ],
  [
    'too many bytes',
    () => chunksOf(Buffer.alloc(GOOD.sizeBytes + 1)),
    `the blob ${GOOD.digest} is damaged: the blob has more than ${GOOD.sizeBytes} bytes`,
  ],
  ['an error', breaking, 'the line is down'],
])('a blob that gives %s leaves nothing', async (_, bytes, message) => {
  const folder = await makeFolder();
  for (const name of ['out.tar', 'out']) {
    await expect(writeImageLayout(join(folder, name), badPlan(bytes), OPTIONS)).rejects.toMatchObject({ message });
    expect(await readdir(folder)).toEqual([]);
  }
});

test('the blob is named by its origin', async () => {
  const writing = writeImageLayout(
    join(await makeFolder(), 'a.tar'),
    badPlan(() => chunksOf(Buffer.of())),
    OPTIONS,
  );
  await expect(writing).rejects.toMatchObject({ code: 'blob.corrupt', place: 'in.tar: blob' });
});

test('a failed run leaves what was there before', async () => {
  const folder = await makeFolder();
  for (const name of ['out.tar', 'out']) {
    const output = join(folder, name);
    await writeImageLayout(output, PLAN, OPTIONS);
    await expect(writeImageLayout(output, badPlan(breaking), OPTIONS)).rejects.toThrow('the line is down');
    await (await openImageSource(output)).close();
  }
  expect((await readdir(folder)).toSorted()).toEqual(['out', 'out.tar']);
});

test('an abort leaves nothing', async () => {
  const folder = await makeFolder();
  const controller = new AbortController();
  const onBytes = () => controller.abort(new Error('stopped by the test'));
  const writing = writeImageLayout(join(folder, 'out.tar'), PLAN, { signal: controller.signal, onBytes });
  await expect(writing).rejects.toThrow('stopped by the test');
  expect(await readdir(folder)).toEqual([]);
});

test('what a killed run left behind goes with the next one', async () => {
  const folder = await makeFolder();
  // A process that has ended, so that its number is free.
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  await writeFile(join(folder, `.out.tar.${dead}-0123456789ab.partial`), 'half');
  await mkdir(join(folder, `.out.tar.${dead}-0123456789ab-old.partial`));
  // In containers every run has the same number.
  await writeFile(join(folder, `.out.tar.${process.pid}-0123456789ab.partial`), 'half');
  const others = [
    `.out.tar.${process.ppid}-0123456789ab.partial`,
    `.other.tar.${dead}-0123456789ab.partial`,
    '.out.tar.x.partial',
  ];
  for (const name of others) await writeFile(join(folder, name), 'not ours');
  await writeImageLayout(join(folder, 'out.tar'), PLAN, OPTIONS);
  expect((await readdir(folder)).toSorted()).toEqual([...others, 'out.tar'].toSorted());
});

test.each([
  ['a folder with something else', ['notes.txt'], 'the folder holds "notes.txt"'],
  ['a layout with something else', ['oci-layout', 'index.json', 'notes.txt'], 'the folder holds "notes.txt"'],
  ['half a layout', ['index.json'], 'the folder is no OCI layout'],
])('%s is not replaced', async (_, names, why) => {
  const output = await makeFolder();
  for (const name of names) await writeFile(join(output, name), 'mine');
  await expect(writeImageLayout(output, PLAN, OPTIONS)).rejects.toEqual(
    new ForkwrightError('archive.refuses-folder', `${why}; only an empty folder or an OCI layout is replaced`, {
      place: output,
      hint: 'choose another output, or remove the folder',
    }),
  );
  expect((await readdir(output)).toSorted()).toEqual(names.toSorted());
});

test('an empty folder is replaced, a folder called .tar and a file without are not', async () => {
  const folder = await makeFolder();
  const [empty, tar, plain] = ['empty', 'a.tar', 'plain'].map((name) => join(folder, name)) as [string, string, string];
  await mkdir(empty);
  await mkdir(tar);
  await writeFile(plain, 'mine');
  await writeImageLayout(empty, PLAN, OPTIONS);
  expect((await stat(join(empty, 'index.json'))).isFile()).toBe(true);
  await expect(writeImageLayout(tar, PLAN, OPTIONS)).rejects.toMatchObject({
    code: 'archive.refuses-folder',
    message: 'a folder stands where the archive is to be',
  });
  await expect(writeImageLayout(plain, PLAN, OPTIONS)).rejects.toMatchObject({
    code: 'archive.refuses-folder',
    message: 'a file stands where the layout folder is to be',
  });
  await expect(writeImageLayout(join(plain, 'out.tar'), PLAN, OPTIONS)).rejects.toMatchObject({
    code: 'archive.write-failed',
    message: 'cannot be written: a file stands where a folder should be',
    place: join(plain, 'out.tar'),
  });
  expect(await readFile(plain, 'utf8')).toBe('mine');
});

test('a source that vanishes while it is read is not called a fault of the output', async () => {
  const folder = await makeFolder();
  const blob = blobOf(await readFile(fixture('buildx-oci.tar')));
  const missing = join(folder, 'missing');
  const plan = { ...PLAN, blobs: [{ ...blob, bytes: () => readMissing(missing) }] };
  await rm(missing, { force: true });
  await mkdir(join(folder, 'out'));
  await expect(writeImageLayout(join(folder, 'out/out.tar'), plan, OPTIONS)).rejects.toMatchObject({ code: 'ENOENT' });
});

async function* readMissing(path: string): AsyncGenerator<Uint8Array> {
  yield await readFile(path);
}
