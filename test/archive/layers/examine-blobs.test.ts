import { gzipSync } from 'node:zlib';
import * as zlib from 'node:zlib';
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { examineBlobs } from '../../../src/archive/layers/examine-blobs.ts';
import { loadImageSet } from '../../../src/archive/read/load-images.ts';
import { openImageSource } from '../../../src/archive/read/open.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import {
  blobOf,
  describeBlob,
  file,
  fixture,
  folder,
  indexOf,
  layoutEntries,
  makeFile,
  SIGNAL,
  tarOf,
  type TestBlob,
} from '../../support/archives.ts';

async function examine(path: string, signal = SIGNAL) {
  const source = await openImageSource(path);
  try {
    const { set } = await loadImageSet(source);
    const entries: [string, number][] = [];
    let bytes = 0;
    const facts = await examineBlobs(source, set, {
      signal,
      onBytes: (more) => {
        bytes += more;
      },
      onLayerEntry: (_, header, first) => entries.push([header.name, first.length]),
    });
    return { facts, entries, bytes, blobs: [...source.blobs()] };
  } finally {
    await source.close();
  }
}

/** An archive with one image whose only layer is this blob, and what is said of the blob. */
async function examineLayer(layer: TestBlob, stored = layer) {
  const config = blobOf({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } });
  const manifest = blobOf({
    schemaVersion: 2,
    config: describeBlob(MEDIA_TYPE.ociConfig, config),
    layers: [describeBlob(MEDIA_TYPE.ociLayerGzip, layer)],
  });
  const index = indexOf([describeBlob(MEDIA_TYPE.ociManifest, manifest)]);
  const path = await makeFile(tarOf(layoutEntries(index, [manifest, config, { ...layer, raw: stored.raw }])));
  const { facts, entries } = await examine(path);
  const { findings, ...fact } = facts.find(({ digest }) => digest === layer.digest)!;
  return {
    ...fact,
    entries,
    findings: findings.map(({ severity, code, place, text }) =>
      [severity, code, place.replace(`${path}: blobs/sha256/${layer.digest.slice(7)}`, 'L'), text].join(' | '),
    ),
  };
}

test.each(['buildx-oci-multi-attested.tar', 'docker-28-overlay2-save.tar', 'skopeo-oci-layout'])(
  '%s is sound',
  async (name) => {
    const { facts, bytes, blobs } = await examine(fixture(name));
    expect(facts.map(({ digest, sizeBytes }) => [digest, sizeBytes])).toEqual(
      blobs.map(({ digest, sizeBytes }) => [digest, sizeBytes]),
    );
    expect(facts.every(({ digest, actualDigest }) => digest === actualDigest)).toBe(true);
    expect(facts.flatMap(({ findings }) => findings)).toEqual([]);
    expect(bytes).toBe(blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  },
);

test('diff ids are those of the config', async () => {
  const source = await openImageSource(fixture('buildx-oci.tar'));
  const { set } = await loadImageSet(source);
  const facts = await examineBlobs(source, set, { signal: SIGNAL, onBytes: () => undefined });
  await source.close();
  const image = set.roots[0]!.node;
  if (image.kind !== 'image') throw new Error('no image');
  const diffIds = new Map(facts.map(({ digest, diffId }) => [digest, diffId]));
  expect(image.manifest.layers.map(({ digest }) => diffIds.get(digest))).toEqual(image.config?.document.diffIds);
});

const TAR = tarOf([folder('bin/'), file('bin/tool', Buffer.alloc(10_000, 'x')), file('end', 'end')]);
const ENTRIES = [
  ['bin/', 0],
  ['bin/tool', 4096],
  ['end', 3],
];

test.each([
  ['plain', TAR, 'none'],
  ['gzip', gzipSync(TAR), 'gzip'],
  ['gzip in two members', Buffer.concat([gzipSync(TAR.subarray(0, 700)), gzipSync(TAR.subarray(700))]), 'gzip'],
])('a layer that is %s', async (_, raw, compression) => {
  const layer = blobOf(raw);
  expect(await examineLayer(layer)).toEqual({
    digest: layer.digest,
    actualDigest: layer.digest,
    sizeBytes: raw.length,
    diffId: digestOf(TAR),
    compression,
    findings: [],
    entries: ENTRIES,
  });
});

test('a layer that is zstd: unpacked, or said to be not looked into', async () => {
  const raw = tryZstd(TAR);
  if (raw === null) return;
  const { diffId, compression, findings } = await examineLayer(blobOf(raw));
  expect(compression).toBe('zstd');
  if ('createZstdDecompress' in zlib) expect({ diffId, findings }).toEqual({ diffId: digestOf(TAR), findings: [] });
  else {
    expect({ diffId, findings }).toEqual({
      diffId: null,
      findings: [`note | layer.unsupported | L | Node ${process.versions.node} cannot unpack zstd`],
    });
  }
});

const gzipped = gzipSync(TAR);
const broken = Buffer.from(gzipped);
broken[40] = (broken[40] ?? 0) ^ 0xff;

test.each([
  ['cut gzip', gzipped.subarray(0, -20), null, ['error | layer.corrupt | L | not sound gzip']],
  [
    'gzip with garbage behind it',
    Buffer.concat([gzipped, Buffer.from('x')]),
    null,
    ['error | layer.corrupt | L | not sound gzip'],
  ],
  [
    'gzip with zeros behind it',
    Buffer.concat([gzipped, Buffer.alloc(10)]),
    null,
    ['error | layer.corrupt | L | data behind the end of the gzip stream'],
  ],
  ['damaged gzip', broken, null, ['error | layer.corrupt | L | not sound gzip']],
  [
    'no tar',
    Buffer.alloc(2000, 'x'),
    digestOf(Buffer.alloc(2000, 'x')),
    ['error | tar.bad-checksum | L: byte 0 | a header with a wrong checksum'],
  ],
  [
    'a tar without end mark',
    gzipSync(TAR.subarray(0, -1024)),
    digestOf(TAR.subarray(0, -1024)),
    [`warning | tar.truncated | L: byte ${TAR.length - 1024} | the stream ends without an end mark`],
  ],
  [
    'a tar that is cut',
    gzipSync(TAR.subarray(0, 5000)),
    digestOf(TAR.subarray(0, 5000)),
    ['error | tar.truncated | L: byte 5000 | the stream ends in "bin/tool"; 6024 of its 10000 bytes are missing'],
  ],
])('a layer with %s', async (_, raw, diffId, findings) => {
  const layer = blobOf(raw);
  expect(await examineLayer(layer)).toMatchObject({
    actualDigest: layer.digest,
    sizeBytes: raw.length,
    diffId,
    findings,
  });
});

test('a swapped layer is hashed to its end', async () => {
  const [layer, other] = [blobOf(gzipped), blobOf(gzipSync(tarOf([file('x', 'y')])))];
  expect(await examineLayer(layer, other)).toMatchObject({ digest: layer.digest, actualDigest: other.digest });
});

test('a bomb is stopped', async () => {
  const member = gzipSync(Buffer.alloc(32 * 1024 * 1024), { level: 9 });
  const bomb = blobOf(Buffer.concat([gzipSync(tarOf([]).subarray(0, 0)), ...Array.from({ length: 4 }, () => member)]));
  const { diffId, findings, actualDigest } = await examineLayer(bomb);
  expect({ diffId, actualDigest }).toEqual({ diffId: null, actualDigest: bomb.digest });
  expect(findings).toEqual([expect.stringMatching(/^error \| layer\.bomb \| L \| \d+ bytes unpack to more than \d+$/)]);
});

test('an abort ends it', async () => {
  const controller = new AbortController();
  controller.abort(new Error('stopped by the test'));
  await expect(examine(fixture('buildx-oci.tar'), controller.signal)).rejects.toThrow('stopped by the test');
});

function tryZstd(bytes: Uint8Array): Buffer | null {
  try {
    return execFileSync('zstd', ['-q', '-c'], { input: bytes });
  } catch {
    return null;
  }
}
