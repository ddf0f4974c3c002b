import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import {
  blobOf,
  describeBlob,
  file,
  indexOf,
  layoutEntries,
  makeFolder,
  tarOf,
  type TestBlob,
} from '../support/archives.ts';
import { runInProcess } from '../support/context.ts';

const LAYER = blobOf(tarOf([file('tool', 'x')]));
const PLAIN = describeBlob(MEDIA_TYPE.ociLayer, LAYER);

interface Image {
  readonly config: object;
  readonly layers?: readonly object[];
  readonly diffIds?: readonly string[];
  readonly isDocker?: boolean;
  readonly extras?: (manifest: TestBlob) => readonly { readonly blobs: readonly TestBlob[]; readonly entry: object }[];
}

/** Writes an archive of one image, and of what stands beside it. */
async function writeArchive(cwd: string, name: string, image: Image): Promise<void> {
  const { config, layers = [PLAIN], diffIds = [LAYER.digest], isDocker = false, extras = () => [] } = image;
  const types = isDocker
    ? { manifest: MEDIA_TYPE.dockerManifest, config: MEDIA_TYPE.dockerConfig }
    : { manifest: MEDIA_TYPE.ociManifest, config: MEDIA_TYPE.ociConfig };
  const configBlob = blobOf({ ...config, config: {}, rootfs: { type: 'layers', diff_ids: diffIds } });
  const manifest = blobOf({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: describeBlob(types.config, configBlob),
    layers,
  });
  const beside = extras(manifest);
  const index = indexOf([describeBlob(types.manifest, manifest), ...beside.map(({ entry }) => entry)]);
  const blobs = [manifest, configBlob, LAYER, ...beside.flatMap((each) => each.blobs)];
  await writeFile(join(cwd, name), tarOf(layoutEntries(index, blobs)));
}

/** A manifest that is about another, as cosign and notation attach them. */
function referrer(subject: TestBlob) {
  const empty = blobOf(Buffer.from('{}'));
  const note = blobOf({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    artifactType: 'application/vnd.example.signature',
    config: describeBlob('application/vnd.oci.empty.v1+json', empty),
    layers: [],
    subject: describeBlob(MEDIA_TYPE.ociManifest, subject),
  });
  const entry = describeBlob(MEDIA_TYPE.ociManifest, note, { artifactType: 'application/vnd.example.signature' });
  return [{ blobs: [note, empty], entry }];
}

const windows = (version: string, features: readonly string[] = []) => ({
  architecture: 'amd64',
  os: 'windows',
  'os.version': version,
  ...(features.length === 0 ? {} : { 'os.features': features }),
});
const FOREIGN = {
  mediaType: MEDIA_TYPE.dockerForeignLayerGzip,
  digest: `sha256:${'f'.repeat(64)}`,
  size: 1234,
  urls: ['https://example.org/base'],
};

test('archives of all sorts become one index that verifies', async () => {
  const cwd = await makeFolder();
  await writeArchive(cwd, 'linux.tar', { config: { architecture: 'amd64', os: 'linux' }, extras: referrer });
  await writeArchive(cwd, 'docker.tar', {
    config: { architecture: 'arm64', os: 'linux' },
    layers: [describeBlob(MEDIA_TYPE.dockerLayer, LAYER)],
    isDocker: true,
  });
  await writeArchive(cwd, 'old.tar', { config: windows('10.0.17763.1') });
  await writeArchive(cwd, 'new.tar', {
    config: windows('10.0.20348.1', ['win32k']),
    layers: [FOREIGN, PLAIN],
    diffIds: [`sha256:${'e'.repeat(64)}`, LAYER.digest],
  });
  const argv = ['assemble', 'old.tar', 'docker.tar', 'new.tar', 'linux.tar', '--output', 'out.tar', '--json'];
  const { exitCode, stdout, stderr } = await runInProcess(argv, { cwd });
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  const { manifests, index } = JSON.parse(stdout);
  expect(index.mediaType).toBe(MEDIA_TYPE.ociIndex);
  expect(
    manifests.map(({ kind, platform, mediaType }: Record<string, string>) => [kind, platform, mediaType]),
  ).toMatchObject([
    ['image', 'linux/amd64', MEDIA_TYPE.ociManifest],
    ['image', 'linux/arm64', MEDIA_TYPE.dockerManifest],
    ['image', 'windows(10.0.20348.1+win32k)/amd64', MEDIA_TYPE.ociManifest],
    ['image', 'windows(10.0.17763.1)/amd64', MEDIA_TYPE.ociManifest],
    ['artifact', null, MEDIA_TYPE.ociManifest],
  ]);
  const verified = await runInProcess(['verify', 'out.tar', '--json'], { cwd });
  expect(verified.exitCode).toBe(0);
  const codes = JSON.parse(verified.stdout).findings.map(({ code }: { code: string }) => code);
  expect(codes).toContain('layer.foreign');
});

test('--platform settles a config that is wrong, and says so', async () => {
  const cwd = await makeFolder();
  await writeArchive(cwd, 'wrong=1.tar', { config: { architecture: 'amd64', os: 'linux' } });
  await writeArchive(cwd, 'right.tar', {
    config: { architecture: 'amd64', os: 'linux' },
    layers: [PLAIN, PLAIN],
    diffIds: [LAYER.digest, LAYER.digest],
  });
  const sources = ['assemble', 'wrong=1.tar', 'right.tar', '--output', 'out.tar'];
  expect(await runInProcess(sources, { cwd })).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('[merge.platform-conflict]'),
  });
  const argv = [...sources, '--platform', 'wrong=1.tar=linux/arm/v6', '--json'];
  const { exitCode, stdout } = await runInProcess(argv, { cwd });
  expect(exitCode).toBe(0);
  const { manifests, findings } = JSON.parse(stdout);
  expect(manifests.map(({ platform }: { platform: string }) => platform)).toEqual(['linux/amd64', 'linux/arm/v6']);
  expect(findings).toMatchObject([
    { code: 'merge.platform-given', text: expect.stringContaining('it is listed as linux/arm/v6, as you said; ') },
  ]);
});

test.each([
  ['a config without one', { created: '1970-01-01T00:00:00Z' }],
  ['a config with an empty one', { architecture: '', os: '' }],
])('--platform settles %s', async (_, config) => {
  const cwd = await makeFolder();
  await writeArchive(cwd, 'x.tar', { config });
  const argv = ['assemble', 'x.tar', '--output', 'out.tar', '--platform', 'linux/riscv64', '--json'];
  const { exitCode, stdout } = await runInProcess(argv, { cwd });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout).manifests).toMatchObject([{ platform: 'linux/riscv64' }]);
});
