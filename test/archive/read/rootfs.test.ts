import { expect, test } from 'vitest';
import { composeRootfsConfig } from '../../../src/archive/read/compose-rootfs-config.ts';
import { loadImageSet } from '../../../src/archive/read/load-images.ts';
import { openImageSource } from '../../../src/archive/read/open.ts';
import { listImages } from '../../../src/image/select/list-images.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { formatPlatform } from '../../../src/platform/platform.ts';
import { parsePlatform } from '../../../src/platform/parse.ts';
import { file, makeFile, tarOf } from '../../support/archives.ts';

const TAR = tarOf([file('bin/tool', 'x'), file('manifest.txt', 'y')]);
const DIFF_ID = digestOf(TAR);

test('a config without its image: the tar is the layer, byte for byte', async () => {
  const path = await makeFile(TAR);
  const rootfs = { config: { Entrypoint: ['/bin/tool'] }, place: 'c.json', platform: parsePlatform('linux/arm/v7') };
  const source = await openImageSource(path, '.', { rootfs });
  const { set, findings } = await loadImageSet(source);
  expect([...source.findings, ...findings]).toEqual([]);
  const [{ image, platform }] = listImages(set) as [ReturnType<typeof listImages>[number]];
  expect(formatPlatform(platform!)).toBe('linux/arm/v7');
  expect(image.config?.document.container.entrypoint).toEqual(['/bin/tool']);
  const [layer] = image.manifest.layers;
  expect(layer?.digest).toBe(DIFF_ID);
  const chunks = [];
  for await (const chunk of source.stream(DIFF_ID)) chunks.push(Buffer.from(chunk));
  expect(Buffer.concat(chunks)).toEqual(TAR);
  await source.close();
});

test('everything that the config says is kept, but for its layers', () => {
  const config = {
    architecture: 'amd64',
    os: 'linux',
    created: '2026-01-02T03:04:05Z',
    config: { Cmd: ['sh'], Healthcheck: { Test: ['NONE'] } },
    history: [{ created_by: 'COPY a b' }],
    rootfs: { type: 'layers', diff_ids: ['x', 'y'] },
    'x-own': 1,
  };
  const { document, findings } = composeRootfsConfig({ config, place: 'c.json', platform: null }, DIFF_ID);
  expect(findings).toEqual([]);
  expect(document).toEqual({
    ...config,
    history: [
      { created_by: 'COPY a b', empty_layer: true },
      {
        created: '2026-01-02T03:04:05Z',
        created_by: 'the root filesystem of an exported container',
        comment: 'forkwright',
      },
    ],
    rootfs: { type: 'layers', diff_ids: [DIFF_ID] },
  });
});

test('the platform that the user gives wins, and that is said', () => {
  const config = { architecture: 'arm', variant: 'v7', os: 'linux', config: {} };
  const given = { config, place: 'c.json', platform: parsePlatform('linux/arm64') };
  const { document, findings } = composeRootfsConfig(given, DIFF_ID);
  expect(document).toMatchObject({ architecture: 'arm64', os: 'linux' });
  expect(document).not.toHaveProperty('variant');
  expect(findings.map(({ text }) => text)).toEqual([
    'its config says linux/arm/v7; it is taken for linux/arm64, as you said',
  ]);
  expect(composeRootfsConfig({ ...given, platform: parsePlatform('linux/arm/v7') }, DIFF_ID).findings).toEqual([]);
});

test.each([
  [{ Cmd: ['x'] }, { code: 'archive.no-platform', message: 'the config names no os and architecture' }],
  [
    { os: 'linux', config: { Cmd: 1 } },
    { code: 'config.malformed', place: 'c.json: config.Cmd' },
  ],
  [
    { os: 'linux', history: 1 },
    { code: 'config.malformed', message: 'the history is no list' },
  ],
])('a config that is none: %j', async (config, error) => {
  const path = await makeFile(TAR);
  const opening = openImageSource(path, '.', { rootfs: { config, place: 'c.json', platform: null } });
  await expect(opening).rejects.toMatchObject(error);
});
