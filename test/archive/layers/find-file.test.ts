import { rename } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readImageFile } from '../../../src/archive/layers/find-file.ts';
import { loadImageSet } from '../../../src/archive/read/load-images.ts';
import { openImageSource } from '../../../src/archive/read/open.ts';
import type { ImageSource } from '../../../src/archive/read/image-source.ts';
import type { ManifestDocument } from '../../../src/oci/manifest.ts';
import {
  file,
  fixture,
  folder,
  indexOf,
  layoutEntries,
  link,
  makeFile,
  makeImage,
  tarOf,
  type TestEntry,
} from '../../support/archives.ts';

async function withImage<Result>(
  path: string,
  use: (source: ImageSource, manifest: ManifestDocument) => Promise<Result>,
): Promise<Result> {
  const source = await openImageSource(path);
  try {
    const { set } = await loadImageSet(source);
    const root = set.roots[0]!.node;
    if (root.kind !== 'image') throw new Error('no image');
    return await use(source, root.manifest);
  } finally {
    await source.close();
  }
}

/** Reads a file out of an image with these layers, the lowest first. */
async function read(layers: readonly (readonly TestEntry[])[], path: string, limitBytes = 1e6) {
  const image = makeImage(layers);
  const archive = await makeFile(tarOf(layoutEntries(indexOf([image.descriptor]), image.blobs)));
  return withImage(archive, async (source, manifest) => {
    const found = await readImageFile(source, manifest, path, limitBytes);
    const pieces = [];
    for await (const chunk of found.bytes()) pieces.push(Buffer.from(chunk));
    return [found.path, found.mode.toString(8), found.sizeBytes, Buffer.concat(pieces).toString()];
  });
}

test.each<[string, readonly (readonly TestEntry[])[], string, readonly unknown[]]>([
  ['in the only layer', [[file('bin/a', 'one', { mode: 0o4755 })]], '/bin/a', ['/bin/a', '4755', 3, 'one']],
  ['however it is spelled', [[file('./bin/a', 'one')]], 'bin//./a', ['/bin/a', '644', 3, 'one']],
  ['with a slash in front, as nix writes it', [[file('/bin/a', 'one')]], '/bin/a', ['/bin/a', '644', 3, 'one']],
  [
    'in the topmost layer that has it',
    [[file('a', '1')], [file('a', '22')], [file('b', '')]],
    '/a',
    ['/a', '644', 2, '22'],
  ],
  ['the last of two in one layer', [[file('a', '1'), file('a', '22')]], '/a', ['/a', '644', 2, '22']],
  ['made again behind a whiteout', [[file('a', '1')], [file('.wh.a'), file('a', '22')]], '/a', ['/a', '644', 2, '22']],
  [
    'in the layer of an opaque folder',
    [[file('d/a', '1')], [file('d/a', '22'), file('d/.wh..wh..opq')]],
    '/d/a',
    ['/d/a', '644', 2, '22'],
  ],
  [
    'beside a whiteout',
    [[file('a', '1')], [file('.wh.b'), file('.wh.aa'), file('d/.wh.a')]],
    '/a',
    ['/a', '644', 1, '1'],
  ],
  ['behind a symlink', [[file('bin/a', '1')], [link('symlink', 'link', 'bin/a')]], '/link', ['/bin/a', '644', 1, '1']],
  [
    'behind a symlink of a folder in a lower layer',
    [[link('symlink', 'bin', 'usr/bin')], [file('usr/bin/a', '1')]],
    '/bin/a',
    ['/usr/bin/a', '644', 1, '1'],
  ],
  [
    'behind links that go up beyond the root',
    [[file('etc/a', '1'), link('symlink', 'x/y', '../../../../etc')]],
    '/x/y/a',
    ['/etc/a', '644', 1, '1'],
  ],
  [
    'behind a hardlink, as it was when the layer was made',
    [[file('a', '1'), link('hardlink', 'b', 'a')], [file('a', '22')]],
    '/b',
    ['/a', '644', 1, '1'],
  ],
])('%s', async (_, layers, path, expected) => {
  expect(await read(layers, path)).toEqual(expected);
});

test.each<[string, readonly (readonly TestEntry[])[], string, string]>([
  ['nowhere', [[file('b')]], '/a', 'image-file.not-found'],
  ['hidden by a whiteout', [[file('a')], [file('.wh.a')], [file('b')]], '/a', 'image-file.not-found'],
  ["hidden by its folder's whiteout", [[file('d/e/a')], [file('.wh.d')]], '/d/e/a', 'image-file.not-found'],
  ['hidden by an opaque folder', [[file('d/e/a')], [file('d/.wh..wh..opq')]], '/d/e/a', 'image-file.not-found'],
  ['hidden by an opaque root', [[file('a')], [file('.wh..wh..opq')]], '/a', 'image-file.not-found'],
  ['below a file', [[file('d/a')], [file('d', 'now a file')]], '/d/a', 'image-file.not-found'],
  ['a folder', [[folder('d/')]], '/d', 'image-file.no-file'],
  ['a device', [[{ name: 'null', type: 'character-device', mode: 0o666 }]], '/null', 'image-file.no-file'],
  ['a link that leads nowhere', [[link('symlink', 'a', 'b')]], '/a', 'image-file.not-found'],
  ['links in a circle', [[link('symlink', 'a', 'b'), link('symlink', 'b', 'a')]], '/a', 'image-file.not-found'],
  ['too large', [[file('a', '0123456789a')]], '/a', 'image-file.too-large'],
])('%s', async (_, layers, path, code) => {
  await expect(read(layers, path, 10)).rejects.toMatchObject({ code });
});

test('what the tools made of the same Dockerfile', async () => {
  for (const name of ['buildx-oci.tar', 'docker-28-overlay2-save.tar', 'podman-save-oci-archive.tar']) {
    await withImage(fixture(name), async (source, manifest) => {
      expect(await readImageFile(source, manifest, '/bin/tool', 1e6)).toMatchObject({ sizeBytes: 46_736, mode: 0o755 });
      expect(await readImageFile(source, manifest, '/etc/one-sym', 1e6)).toMatchObject({
        path: '/etc/one',
        mode: 0o4755,
      });
      await expect(readImageFile(source, manifest, '/data/gone.txt', 1e6)).rejects.toMatchObject({
        code: 'image-file.not-found',
        place: fixture(name),
        message: 'the image has no file "/data/gone.txt"',
      });
    });
  }
});

test('a layer that is damaged, or not there, is no layer to read from', async () => {
  const image = makeImage([[file('a', '1')]]);
  const [layer] = image.layers;
  const swapped = { ...layer!, raw: makeImage([[file('a', '2')]]).layers[0]!.raw };
  for (const [blobs, code] of [
    [[image.manifest, image.config, swapped], 'blob.corrupt'],
    [[image.manifest, image.config], 'blob.absent'],
  ] as const) {
    const archive = await makeFile(tarOf(layoutEntries(indexOf([image.descriptor]), blobs)));
    await withImage(archive, async (source, manifest) => {
      await expect(readImageFile(source, manifest, '/a', 10)).rejects.toMatchObject({ code });
    });
  }
});

test('an archive that is replaced meanwhile does not matter: it stays open', async () => {
  const image = makeImage([[file('a', 'old')]]);
  const archive = await makeFile(tarOf(layoutEntries(indexOf([image.descriptor]), image.blobs)));
  await withImage(archive, async (source, manifest) => {
    const found = await readImageFile(source, manifest, '/a', 10);
    await rename(await makeFile(Buffer.alloc(5000)), archive);
    for await (const chunk of found.bytes()) expect(Buffer.from(chunk).toString()).toBe('old');
  });
});
