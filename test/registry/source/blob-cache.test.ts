import { join } from 'node:path';
import { readdir, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { openBlobCache, readThroughCache } from '../../../src/registry/source/blob-cache.ts';
import { makeFolder, SIGNAL } from '../../support/archives.ts';
import { collect } from '../../support/obtain-deps.ts';
import { openRepositories } from '../../support/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import { seededBytes } from '../../support/registry/random.ts';

const RAW = seededBytes(1, 2_500_000);
const BLOB = { digest: digestOf(RAW), sizeBytes: RAW.length };

async function prepare() {
  const registry = await startRegistry();
  registry.repository('zoo').blobs.set(BLOB.digest, RAW);
  const folder = await makeFolder();
  const open = () => readThroughCache(openRepositories(registry)('zoo'), openBlobCache(folder, SIGNAL));
  const gets = () => registry.requests.filter(({ path }) => path.includes('/blobs/')).length;
  return { folder: join(folder, 'blobs/sha256', BLOB.digest.slice(7)), open, gets };
}

test('a blob that many ask for at once is fetched once, and given from any offset on', async () => {
  const { open, gets } = await prepare();
  const repository = open();
  const offsets = [0, 1, 1_048_576, 2_499_999, 2_500_000];
  const read = await Promise.all(offsets.map((offset) => collect(repository.readBlob(BLOB, offset))));
  for (const [index, bytes] of read.entries()) expect(bytes.equals(RAW.subarray(offsets[index]))).toBe(true);
  expect(gets()).toBe(1);
});

test('a kept blob that is damaged is fetched again', async () => {
  const { folder, open, gets } = await prepare();
  await collect(open().readBlob(BLOB));
  const [name = ''] = await readdir(folder);
  await writeFile(join(folder, name), 'x');
  expect((await collect(open().readBlob(BLOB))).equals(RAW)).toBe(true);
  expect(gets()).toBe(2);
});
