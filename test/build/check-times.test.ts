import { expect, test } from 'vitest';
import { readBuiltArchive } from '../../src/build/read-built-archive.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import { file, folder, layoutEntries, indexOf, makeFile, makeImage, tarOf } from '../support/archives.ts';

const EPOCH = 1_700_000_000;
const CREATED = '2023-11-14T22:13:20Z';

const layers = [
  [file('base', 'b', { mtime: EPOCH + 500 })],
  [folder('bin'), file('bin/tool', 't', { mtime: EPOCH })],
  [file('etc/a', 'a', { mtime: EPOCH + 2 }), file('etc/b', 'b', { mtime: EPOCH + 1 })],
];

async function check(history: readonly object[]) {
  const image = makeImage(layers, 'amd64', {}, { history });
  const path = await makeFile(tarOf(layoutEntries(indexOf([image.descriptor]), image.blobs)));
  return (await readBuiltArchive(path, parsePlatform('linux/amd64'), EPOCH, 'out/tool/x.oci.tar')).findings;
}

test('a layer of the build with files as new as the build is told with the first of them', async () => {
  const history = [
    { created: '2024-01-01T00:00:00Z', created_by: 'ADD base' },
    { created: CREATED, created_by: 'COPY tool' },
    { created: CREATED, created_by: 'ENV A=b', empty_layer: true },
    { created: CREATED, created_by: 'RUN make' },
  ];
  expect(await check(history)).toEqual([
    {
      code: 'build.not-reproducible',
      severity: 'warning',
      place: 'out/tool/x.oci.tar',
      text:
        'layer 3 (RUN make) will differ in another build: 2 of its files have the time of this one, first etc/a ' +
        '(2023-11-14T22:13:22.000Z)',
      hint: 'build with --no-cache; an engine before BuildKit 0.13 cannot rewrite times',
    },
  ]);
});

test('without a history that fits the layers nothing is claimed', async () => {
  expect(await check([{ created: CREATED, created_by: 'RUN make' }])).toEqual([]);
});
