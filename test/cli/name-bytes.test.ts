import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sumBytes } from '../../src/tar/header.ts';
import { readTarStream } from '../../src/tar/read-stream.ts';
import { encodeHeader, END_OF_ARCHIVE, padding } from '../../src/tar/write-header.ts';
import { chunksOf, layoutEntries, makeFolder, blobOf, describeBlob, indexOf, tarOf } from '../support/archives.ts';
import { runForBytes, runInProcess } from '../support/context.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';

const LATIN = Buffer.from('d/caf\xe9', 'latin1');
const UTF8 = Buffer.from('d/caf\u00e9');

/** As GNU tar writes it: the bytes of the name as they are on the disk. */
function gnuEntry(name: Buffer, content: string): Buffer {
  const block = encodeHeader({ name: 'x', type: 'file', mode: 0o644, sizeBytes: content.length });
  name.copy(block, 0);
  block.write(`${sumBytes(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([block, Buffer.from(content), padding(content.length)]);
}

/** An archive whose layers have a name in Latin-1, and the same in UTF-8. */
async function makeArchive(): Promise<string> {
  const cwd = await makeFolder();
  const layers = [gnuEntry(LATIN, 'one'), gnuEntry(UTF8, 'two')].map((entry) =>
    blobOf(Buffer.concat([entry, END_OF_ARCHIVE])),
  );
  const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => digest) };
  const config = blobOf({ architecture: 'amd64', os: 'linux', config: {}, rootfs });
  const manifest = blobOf({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: describeBlob(MEDIA_TYPE.ociConfig, config),
    layers: layers.map((layer) => describeBlob(MEDIA_TYPE.ociLayer, layer)),
  });
  const index = indexOf([describeBlob(MEDIA_TYPE.ociManifest, manifest)]);
  await writeFile(join(cwd, 'x.tar'), tarOf(layoutEntries(index, [manifest, config, ...layers])));
  return cwd;
}

test('names that are no UTF-8 keep their bytes when an image is flattened', async () => {
  const cwd = await makeArchive();
  const { exitCode, bytes } = await runForBytes(['convert', 'x.tar', '-', '--to', 'rootfs'], { cwd });
  expect(exitCode).toBe(0);
  const paths: Buffer[] = [];
  for await (const { header } of readTarStream(chunksOf(bytes))) paths.push(header.pax.get('path') ?? Buffer.from(''));
  expect(paths).toEqual([Buffer.from(''), LATIN, UTF8]);
});

test('they are listed so that they can be told apart', async () => {
  const cwd = await makeArchive();
  const { stdout } = await runInProcess(['inspect', 'x.tar', '--files'], { cwd });
  expect(stdout.split('\n').map((line) => line.split('  ').at(-1))).toEqual(
    expect.arrayContaining(['/d/caf\\xe9', '/d/caf\u00e9']),
  );
  const json = await runInProcess(['inspect', 'x.tar', '--files', '--json'], { cwd });
  expect(json.stdout).toContain(String.raw`"path": "/d/caf\udce9"`);
});
