import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { compressLayer } from '../../src/build/layer-cache.ts';
import { PORTABLE_GZIP_ID } from '../../src/archive/stream/portable-gzip.ts';
import { chunksOf, makeFolder, SIGNAL } from '../support/archives.ts';
import { collect, sha256Of } from '../support/obtain-deps.ts';

const TAR = Buffer.from('a layer '.repeat(1000));

test('a layer has the hashes of its two forms, and is compressed once', async () => {
  const cache = await makeFolder();
  let reads = 0;
  const tar = () => {
    reads++;
    return chunksOf(TAR, 999);
  };
  const layer = await compressLayer(tar, cache, SIGNAL);
  const compressed = await collect(layer.bytes());
  expect(gunzipSync(compressed)).toEqual(TAR);
  expect(layer).toMatchObject({
    diffId: `sha256:${sha256Of(TAR)}`,
    digest: `sha256:${sha256Of(compressed)}`,
    sizeBytes: compressed.length,
  });
  expect(reads).toBe(2);
  expect(await compressLayer(tar, cache, SIGNAL)).toMatchObject({ digest: layer.digest });
  expect(reads).toBe(3);
});

test('a damaged layer in the cache is made anew', async () => {
  const cache = await makeFolder();
  const folder = join(cache, 'layers', PORTABLE_GZIP_ID, sha256Of(TAR));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'a'.repeat(64)), 'damaged');
  const layer = await compressLayer(() => chunksOf(TAR), cache, SIGNAL);
  expect(gunzipSync(await collect(layer.bytes()))).toEqual(TAR);
});

test('a layer that changes while it is read is not kept', async () => {
  const cache = await makeFolder();
  let reads = 0;
  const changing = () => chunksOf(reads++ === 0 ? TAR : Buffer.from(TAR.toString().replace('layer', 'LAYER')));
  await expect(compressLayer(changing, cache, SIGNAL)).rejects.toMatchObject({
    code: 'build.size-changed',
    message: 'a file of the layer changed while it was read',
  });
  expect(await readdir(join(cache, 'layers', PORTABLE_GZIP_ID, sha256Of(TAR)))).toEqual([]);
});
