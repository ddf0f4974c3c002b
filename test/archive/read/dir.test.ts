import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadImageSet } from '../../../src/archive/read/load-images.ts';
import { openImageSource } from '../../../src/archive/read/open.ts';
import { listImages } from '../../../src/image/select/list-images.ts';
import { file, indexOf, makeFolder, makeImage, type TestBlob } from '../../support/archives.ts';

const IMAGES = [makeImage([[file('a', '1')]]), makeImage([[file('a', '2')]], 'arm64')] as const;

async function writeDir(manifest: Uint8Array, blobs: readonly TestBlob[], more: Readonly<Record<string, string>> = {}) {
  const folder = await makeFolder();
  await writeFile(join(folder, 'version'), 'Directory Transport Version: 1.1\n');
  await writeFile(join(folder, 'manifest.json'), manifest);
  for (const { digest, raw } of blobs) await writeFile(join(folder, digest.slice(7)), raw);
  for (const [name, text] of Object.entries(more)) await writeFile(join(folder, name), text);
  return folder;
}

async function read(folder: string) {
  const source = await openImageSource(folder);
  const { set, findings } = await loadImageSet(source);
  return {
    format: source.format,
    images: listImages(set).map(({ platform }) => platform?.arch),
    blobs: [...source.blobs()].length,
    findings: [...source.findings, ...findings].map(({ code }) => code),
  };
}

test("skopeo's dir: with one image", async () => {
  const [{ manifest, blobs }] = IMAGES;
  const folder = await writeDir(manifest.raw, blobs.slice(1), { 'signature-1': 's' });
  expect(await read(`dir:${folder}`)).toEqual({ format: 'dir', images: ['amd64'], blobs: 3, findings: [] });
  expect(await read(folder)).toMatchObject({ format: 'dir' });
});

test("skopeo's dir: with all images of an index", async () => {
  const index = indexOf(IMAGES.map(({ descriptor }) => descriptor));
  const manifests = IMAGES.map(({ manifest }) => [`${manifest.digest.slice(7)}.manifest.json`, String(manifest.raw)]);
  const folder = await writeDir(
    index,
    IMAGES.flatMap(({ blobs }) => blobs.slice(1)),
    Object.fromEntries(manifests),
  );
  expect(await read(folder)).toEqual({ format: 'dir', images: ['amd64', 'arm64'], blobs: 7, findings: [] });
});

test('what is missing, foreign, or no manifest', async () => {
  const [{ manifest, blobs }] = IMAGES;
  const without = await writeDir(manifest.raw, blobs.slice(2), { 'notes.txt': 'n' });
  expect((await read(without)).findings).toEqual(['archive.extra-entry', 'blob.absent']);
  expect((await read(await writeDir(Buffer.from('[]'), []))).findings).toEqual(['manifest.malformed']);
  await expect(openImageSource(`dir:${join(without, 'notes.txt')}`)).rejects.toMatchObject({
    message: 'a file where a folder should be',
  });
});
