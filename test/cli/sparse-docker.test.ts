import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blobOf, file, makeFolder, tarOf, type TestBlob } from '../support/archives.ts';
import { runInProcess } from '../support/context.ts';

const LAYERS = ['1', '2'].map((text) => blobOf(tarOf([file('a', text)]))) as [TestBlob, TestBlob];
const CONFIGS = LAYERS.map(({ digest }, index) =>
  blobOf({
    architecture: ['amd64', 'arm64'][index],
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [digest] },
  }),
) as [TestBlob, TestBlob];
const hex = ({ digest }: TestBlob) => digest.slice(7);

/** A docker archive of two images as `docker save` of before 25 wrote it, without some of its files. */
async function makeArchive(absent: readonly TestBlob[]): Promise<string> {
  const cwd = await makeFolder();
  const images = LAYERS.map((layer, index) => {
    return {
      Config: `${hex(CONFIGS[index] ?? layer)}.json`,
      RepoTags: [`zoo:${index}`],
      Layers: [`${hex(layer)}.tar`],
    };
  });
  const entries = [
    ...LAYERS.filter((blob) => !absent.includes(blob)).map((blob) => file(`${hex(blob)}.tar`, blob.raw)),
    ...CONFIGS.filter((blob) => !absent.includes(blob)).map((blob) => file(`${hex(blob)}.json`, blob.raw)),
    file('manifest.json', JSON.stringify(images)),
  ];
  await writeFile(join(cwd, 'x.tar'), tarOf(entries));
  return cwd;
}

const ABSENT_LAYER = `x.tar: manifest.json: [1]: warning: the layer "${hex(LAYERS[1])}.tar" is not in the archive [docker-manifest.absent-blob]`;
const ABSENT_CONFIG = `x.tar: manifest.json: [1]: warning: the config "${hex(CONFIGS[1])}.json" is not in the archive [docker-manifest.absent-blob]`;

test('an absent layer does not keep the rest from being shown', async () => {
  const cwd = await makeArchive([LAYERS[1]]);
  const { exitCode, stdout, stderr } = await runInProcess(['inspect', 'x.tar', '--json'], { cwd });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const { images } = JSON.parse(stdout);
  expect(images.map((each: { platform: string; layers: readonly { present: boolean }[] }) => each)).toMatchObject([
    { platform: 'linux/amd64', layers: [{ present: true }] },
    { platform: 'linux/arm64', layers: [{ present: false, digest: LAYERS[1].digest }] },
  ]);
  const listed = await runInProcess(['inspect', 'x.tar', '--files', '--platform', 'linux/amd64'], { cwd });
  expect(listed).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/ \/a$/m) });
  expect(listed.stderr).toContain(ABSENT_LAYER);
});

test('verify calls it an error', async () => {
  const cwd = await makeArchive([LAYERS[1]]);
  const { exitCode, stderr } = await runInProcess(['verify', 'x.tar'], { cwd });
  expect(exitCode).toBe(1);
  expect(stderr).toContain(ABSENT_LAYER);
  expect(stderr).toContain('is listed, but not in the archive [blob.absent]');
});

test.each([
  ['layer', LAYERS[1], ABSENT_LAYER],
  ['config', CONFIGS[1], ABSENT_CONFIG],
])('convert takes the image that is whole beside one that lacks its %s', async (_, absent, finding) => {
  const cwd = await makeArchive([absent]);
  for (const argv of [
    ['convert', 'x.tar', 'y.tar', '--to', 'oci-archive'],
    ['convert', 'x.tar', 'y.tar', '--to', 'docker-archive', '--image', 'zoo:0'],
  ]) {
    const { exitCode, stderr } = await runInProcess(argv, { cwd });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(finding) });
    const { stdout } = await runInProcess(['verify', 'y.tar', '--json'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ images: [{ platform: 'linux/amd64' }], findings: [] });
  }
});

test('assemble takes what is left, and refuses an image that no archive has whole', async () => {
  const argv = ['assemble', 'x.tar', '--output', 'y.tar'];
  const left = await runInProcess(argv, { cwd: await makeArchive([CONFIGS[1]]) });
  expect(left).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(ABSENT_CONFIG) });
  const refused = await runInProcess(argv, { cwd: await makeArchive([LAYERS[1]]) });
  expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('[merge.absent-blob]') });
});

test('an image that lacks a layer is not written', async () => {
  const cwd = await makeArchive([LAYERS[1]]);
  const argv = ['convert', 'x.tar', 'y.tar', '--to', 'oci-archive', '--platform', 'linux/arm64'];
  const { exitCode, stderr } = await runInProcess(argv, { cwd });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('the archive holds no image for linux/arm64 that is whole [convert.no-image]');
  expect(stderr).toContain(`lacks its blob ${LAYERS[1].digest}`);
});
