import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { examineBlobs } from '../../../src/archive/layers/examine-blobs.ts';
import { loadImageSet } from '../../../src/archive/read/load-images.ts';
import { openImageSource } from '../../../src/archive/read/open.ts';
import { listImages } from '../../../src/image/select/list-images.ts';
import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import { blobOf, file, link, makeFile, SIGNAL, tarOf, type TestEntry } from '../../support/archives.ts';

/** What an archive holds, and everything that is wrong with it. */
async function read(entries: readonly TestEntry[]) {
  const path = await makeFile(tarOf(entries));
  const source = await openImageSource(path);
  const { set, findings } = await loadImageSet(source);
  const facts = await examineBlobs(source, set, { signal: SIGNAL, onBytes: () => undefined });
  await source.close();
  return {
    format: source.format,
    names: set.roots.map((root) => root.names),
    layers: listImages(set).map(({ image }) =>
      image.manifest.layers.map(({ mediaType, digest }) => [mediaType, digest]),
    ),
    corrupt: facts.filter(({ digest, actualDigest }) => digest !== actualDigest).map(({ digest }) => digest),
    findings: [...source.findings, ...findings, ...facts.flatMap((fact) => fact.findings)].map(
      ({ severity, code, place, text }) => [severity, code, place.replace(path, 'X'), text].join(' | '),
    ),
  };
}

const TARS = [tarOf([file('a', '1')]), tarOf([file('b', '2')])] as const;
const PLAIN = TARS.map((tar) => blobOf(tar));
const PACKED = TARS.map((tar) => blobOf(gzipSync(tar)));
const CONFIG = blobOf({
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: PLAIN.map(({ digest }) => digest) },
});
const hex = ({ digest }: { readonly digest: string }) => digest.slice(7);
const manifest = (layers: readonly string[], config = `${hex(CONFIG)}.json`, more: object = {}) =>
  file('manifest.json', JSON.stringify([{ Config: config, RepoTags: ['zoo:1'], Layers: layers, ...more }]));
const config = file(`${hex(CONFIG)}.json`, CONFIG.raw);
const plain = PLAIN.map(({ digest }) => [MEDIA_TYPE.ociLayer, digest]);
const packed = PACKED.map(({ digest }) => [MEDIA_TYPE.ociLayerGzip, digest]);
const raw = (index: number, blobs = PLAIN) => blobs[index]?.raw ?? Buffer.alloc(0);

const [ONE, TWO] = ['1'.repeat(64), '2'.repeat(64)];

test.each<[string, TestEntry[], unknown]>([
  [
    'docker 20.10',
    [
      file(`${ONE}/layer.tar`, raw(0)),
      file(`${ONE}/VERSION`, '1.0'),
      file(`${ONE}/json`, '{}'),
      file(`${TWO}/layer.tar`, raw(1)),
      config,
      manifest([`${ONE}/layer.tar`, `${TWO}/layer.tar`]),
      file('repositories', '{}'),
    ],
    plain,
  ],
  [
    'skopeo',
    [
      ...PLAIN.map((blob) => file(`${hex(blob)}.tar`, blob.raw)),
      config,
      link('symlink', `${ONE}/layer.tar`, `../${hex(PLAIN[0]!)}.tar`),
      manifest(PLAIN.map((blob) => `${hex(blob)}.tar`)),
    ],
    plain,
  ],
  [
    'crane, ko and kaniko',
    [
      file(`sha256:${hex(CONFIG)}`, CONFIG.raw),
      ...PACKED.map((blob) => file(`${hex(blob)}.tar.gz`, blob.raw)),
      manifest(
        PACKED.map((blob) => `${hex(blob)}.tar.gz`),
        `sha256:${hex(CONFIG)}`,
      ),
    ],
    packed,
  ],
  [
    'rules_oci',
    [
      file(`blobs/sha256/${hex(CONFIG)}`, CONFIG.raw),
      ...PACKED.map((blob) => file(`blobs/sha256/${hex(blob)}.tar.gz`, blob.raw)),
      manifest(
        PACKED.map((blob) => `blobs/sha256/${hex(blob)}.tar.gz`),
        `blobs/sha256/${hex(CONFIG)}`,
      ),
    ],
    packed,
  ],
  [
    'nix with compressed layers named .tar, manifest.json first',
    [
      manifest(['x/layer.tar', 'y/layer.tar']),
      file('x/layer.tar', raw(0, PACKED)),
      file('y/layer.tar', raw(1)),
      config,
    ],
    [packed[0], plain[1]],
  ],
])('%s', async (_, entries, layers) => {
  // No order may be assumed.
  for (const each of [entries, entries.toReversed()]) {
    const found = await read(each);
    expect(found.findings.filter((text) => !text.includes('archive.extra-entry'))).toEqual([]);
    expect(found).toMatchObject({
      format: 'docker-archive',
      names: [['docker.io/library/zoo:1']],
      layers: [layers],
      corrupt: [],
    });
  }
});

const FOREIGN = {
  mediaType: MEDIA_TYPE.dockerForeignLayerGzip,
  digest: PACKED[0]!.digest,
  size: PACKED[0]!.sizeBytes,
  urls: ['https://example.org/layer'],
};

test('a foreign layer may be left out beside an ordinary one', async () => {
  const sources = { LayerSources: { [PLAIN[0]!.digest]: FOREIGN } };
  const found = await read([file('y.tar', raw(1)), config, manifest(['x.tar', 'y.tar'], undefined, sources)]);
  expect(found).toMatchObject({ layers: [[[FOREIGN.mediaType, FOREIGN.digest], plain[1]]], findings: [] });
});

test('a layer that is not there is told, and called by its diff id', async () => {
  const found = await read([file('x.tar', raw(0)), config, manifest(['x.tar', 'y.tar'])]);
  expect(found).toMatchObject({
    layers: [plain],
    findings: [
      'warning | docker-manifest.absent-blob | X: manifest.json: [0] | the layer "y.tar" is not in the archive',
    ],
  });
});

test.each<[string, TestEntry[], readonly string[]]>([
  [
    'a layer too few',
    [file('x.tar', raw(0)), config, manifest(['x.tar'])],
    ['error | docker-manifest.disagrees | X: manifest.json: [0] | it lists 1 layers, its config 2 diff_ids'],
  ],
  [
    'compressed layers in the wrong order',
    [file('x.tar', raw(0, PACKED)), file('y.tar', raw(1, PACKED)), config, manifest(['y.tar', 'x.tar'])],
    [
      `error | layer.diff-id | X: y.tar | the layer unpacks to ${PLAIN[1]!.digest}, the config says ${PLAIN[0]!.digest}`,
      `error | layer.diff-id | X: x.tar | the layer unpacks to ${PLAIN[0]!.digest}, the config says ${PLAIN[1]!.digest}`,
    ],
  ],
  [
    'a compressed layer that is cut',
    [file('x.tar', raw(0, PACKED).subarray(0, -9)), file('y.tar', raw(1)), config, manifest(['x.tar', 'y.tar'])],
    ['error | layer.corrupt | X: x.tar | not sound gzip'],
  ],
  [
    'a layer that is xz',
    [
      file('x.tar', Buffer.from('fd377a585a000004', 'hex')),
      file('y.tar', raw(1)),
      config,
      manifest(['x.tar', 'y.tar']),
    ],
    ['error | layer.compression | X: x.tar | it is compressed with xz, which no layer may be'],
  ],
  [
    'a config that is not what its name says',
    [file(`${'0'.repeat(64)}.json`, CONFIG.raw), manifest([], `${'0'.repeat(64)}.json`)],
    [`error | blob.corrupt | X: ${'0'.repeat(64)}.json | its bytes have the digest ${CONFIG.digest}`],
  ],
  [
    'a config that is none',
    [file('c.json', '[]'), manifest([], 'c.json')],
    ['error | config.malformed | X: c.json | a list where an object should be'],
  ],
  [
    'names that lead out of it',
    [config, manifest(['../../etc/passwd', '/etc/shadow'])],
    [
      'error | docker-manifest.absent-blob | X: manifest.json: [0] | the layer "../../etc/passwd" is not in the archive',
      'error | docker-manifest.absent-blob | X: manifest.json: [0] | the layer "/etc/shadow" is not in the archive',
    ],
  ],
])('%s', async (_, entries, findings) => {
  expect(await read(entries)).toMatchObject({ layers: [], findings });
});

test('an uncompressed layer with other bytes is found when it is read', async () => {
  const found = await read([
    file('x.tar', tarOf([file('a', '3')])),
    file('y.tar', raw(1)),
    config,
    manifest(['x.tar', 'y.tar']),
  ]);
  expect(found).toMatchObject({ corrupt: [PLAIN[0]!.digest], findings: [] });
});
