import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { canUnpackZstd } from '../../src/archive/stream/decompress.ts';
import { loadImageSet } from '../../src/archive/read/load-images.ts';
import { openImageSource } from '../../src/archive/read/open.ts';
import { verifyCommand } from '../../src/cli/commands/verify.ts';
import { runProgram } from '../../src/process/run-program.ts';
import type { ContainerConfig } from '../../src/oci/config.ts';
import { parseConfig } from '../../src/oci/parse-config.ts';
import { parseStrictJson } from '../../src/oci/strict-json.ts';
import { listImages } from '../../src/image/select/list-images.ts';
import { formatPlatform } from '../../src/platform/platform.ts';
import { fixture } from '../support/archives.ts';
import { hasProgram } from '../support/has-program.ts';
import { makeInvocation } from '../support/invocation.ts';

let zoo: ContainerConfig;
let config: Readonly<Record<string, unknown>>;
beforeAll(async () => {
  const bytes = await readFile(fixture('zoo-1.config.json'));
  zoo = parseConfig(parseStrictJson(bytes, 'zoo-1.config.json'), '').container;
  config = JSON.parse(bytes.toString('utf8'));
});

// Builds of one Dockerfile, by the first digits of their diff ids: by BuildKit, by BuildKit with SOURCE_DATE_EPOCH, by the
// builder of docker 20.10, and BuildKit's image after a stay in docker's classic store.
const BUILDKIT = 'ddeb49 99885d ba7804 604623 7a3f6f 969779 5f70bf';
const EPOCH = '0eec5a 5af2c4 86e493 dae7a5 870c84 9c0f6f 5f70bf';
const CLASSIC = '66b55e acfafa 21fa4f 631f14 f76aeb 52bf7a';
const RESTORED = 'e8cb76 99885d 66f69d 65f396 32af47 bf2cd8 5f70bf';
const ZOO_1 = 'docker.io/library/zoo:1';

type Row = readonly [file: string, format: string, compression: string, diffIds: string, ...names: string[]];

const ROWS: readonly Row[] = [
  ['buildx-docker.tar', 'docker-archive', 'none', BUILDKIT, ZOO_1],
  ['buildx-oci-dockermt.tar', 'oci-archive', 'none', BUILDKIT],
  ['buildx-oci-sde.tar', 'oci-archive', 'none', EPOCH],
  ['buildx-oci.tar', 'oci-archive', 'none', BUILDKIT, ZOO_1],
  ['buildx-tar.rootfs.tar', 'rootfs', 'none', 'd7c203'],
  ['crane-export.rootfs.tar', 'rootfs', 'none', '709427'],
  ['crane-oci-layout', 'oci', 'none', BUILDKIT],
  ['docker-20.10-export.rootfs.tar', 'rootfs', 'none', '11cbcc'],
  ['docker-20.10-export.rootfs.tar.xz', 'rootfs', 'xz', '11cbcc'],
  ['docker-20.10-save.tar', 'docker-archive', 'none', CLASSIC, ZOO_1],
  ['docker-20.10-save.tar.xz', 'docker-archive', 'xz', CLASSIC, ZOO_1],
  ['docker-28-containerd-save.tar', 'docker-archive', 'none', BUILDKIT, ZOO_1],
  ['docker-28-containerd-save.tar.zst', 'docker-archive', 'zstd', BUILDKIT, ZOO_1],
  ['docker-28-overlay2-save.tar', 'docker-archive', 'none', RESTORED, ZOO_1],
  ['podman-save-docker-archive.tar', 'docker-archive', 'none', CLASSIC, 'localhost/zoo:1'],
  ['podman-save-oci-archive.tar', 'oci-archive', 'none', CLASSIC, 'localhost/zoo:1'],
  ['skopeo-docker-archive.tar', 'docker-archive', 'none', BUILDKIT, ZOO_1],
  ['skopeo-oci-archive.tar', 'oci-archive', 'none', BUILDKIT, '1'],
  ['skopeo-oci-layout', 'oci', 'none', BUILDKIT, '1'],
];
// They hold other images, and stand in open.test.ts; or none.
const OTHERS =
  /^(?:buildx-(?:docker|oci)-(?:linux|multi)|docker-(?:26|28)-containerd-save-(?:sparse|arm64)|skopeo-(?:dir|oci-archive-zstd)|ctr-|zoo-1|docker-20.10-save-multi|nix-)/;

const missing = (compression: string): string | null => {
  if (compression === 'xz' && !hasProgram('xz')) return 'there is no xz here';
  return compression === 'zstd' && !canUnpackZstd() && !hasProgram('zstd') ? 'there is no zstd here' : null;
};

describe.each(ROWS)('%s', (file, format, compression, diffIds, ...names) => {
  const options = () => ({ rootfs: { config, place: 'zoo-1.config.json', platform: null } });

  test('is zoo:1', async ({ skip }) => {
    const reason = missing(compression);
    skip(reason !== null, reason ?? '');
    const source = await openImageSource(fixture(file), '.', options());
    const { set, findings } = await loadImageSet(source);
    await source.close();
    expect([...source.findings, ...findings]).toEqual([]);
    expect({ format: source.format, compression: source.compression }).toEqual({ format, compression });
    expect(set.roots.flatMap((root) => root.names)).toEqual(names);
    const images = listImages(set).map(({ image, platform }) => ({
      platform: platform === null ? null : formatPlatform(platform),
      diffIds: image.config?.document.diffIds.map((diffId) => diffId.slice(7, 13)).join(' '),
      container: image.config?.document.container,
    }));
    expect(images).toEqual([{ platform: 'linux/amd64', diffIds, container: zoo }]);
  });

  test('is sound', async ({ skip }) => {
    const reason = missing(compression);
    skip(reason !== null, reason ?? '');
    const invocation = makeInvocation('.', { env: process.env, run: runProgram });
    const given = { source: fixture(file), recipe: null, config: fixture('zoo-1.config.json') };
    const { findings } = await verifyCommand(given, invocation);
    expect(findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
  });
});

test('every archive that a tool wrote is in a table', async () => {
  const files = await readdir(fixture(''));
  const listed = new Set(ROWS.map(([file]) => file));
  expect(files.filter((file) => !listed.has(file) && !OTHERS.test(file))).toEqual([]);
});

test('docker 20.10 with two images: shared and linked layers, a layer that comes twice', async () => {
  const source = await openImageSource(fixture('docker-20.10-save-multi.tar'));
  const { set, findings } = await loadImageSet(source);
  await source.close();
  expect([...source.findings, ...findings]).toEqual([]);
  expect(set.roots.map((root) => root.names)).toEqual([
    [ZOO_1, 'registry.example.org/releng/zoo:1.0'],
    ['docker.io/library/zoo:2'],
  ]);
  const layers = listImages(set).map(({ image }) => image.manifest.layers.map(({ digest }) => digest.slice(7, 13)));
  expect(layers.map((each) => each.join(' '))).toEqual([CLASSIC, `${CLASSIC} d7dc9d d7dc9d`]);
  // The layers are there once each: six shared ones, one of the second image, two configs, two manifests.
  expect([...source.blobs()]).toHaveLength(11);
});

test('nix: layers whose entries begin with a slash', async () => {
  const { findings, json } = await verifyCommand(
    { source: fixture('nix-stream-layered.tar'), recipe: null },
    makeInvocation('.'),
  );
  expect(findings.map(({ code }) => code)).toEqual(['config.duplicate-env']);
  expect(json).toMatchObject({ format: 'docker-archive', blobs: 5, images: [{ platform: 'linux/amd64' }] });
});
