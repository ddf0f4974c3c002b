import { expect, test } from 'vitest';
import { loadImageSet } from '../../../src/archive/read/load-images.ts';
import { openImageSource } from '../../../src/archive/read/open.ts';
import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import {
  blobOf,
  describeBlob,
  file,
  indexOf,
  layoutEntries,
  makeFile,
  tarOf,
  type TestBlob,
} from '../../support/archives.ts';

const LAYERS = [tarOf([file('a', '1')]), tarOf([file('b', '2')])].map(blobOf) as [TestBlob, TestBlob];
const CONFIG = blobOf({
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: LAYERS.map(({ digest }) => digest) },
});
const nameOf = ({ digest }: TestBlob) => `blobs/${digest.replace(':', '/')}`;
const manifestOf = (layers: readonly TestBlob[]) =>
  blobOf({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: describeBlob(MEDIA_TYPE.ociConfig, CONFIG),
    layers: layers.map((layer) => describeBlob(MEDIA_TYPE.ociLayer, layer)),
  });
const DOCKER = { Config: nameOf(CONFIG), RepoTags: ['zoo:1'], Layers: LAYERS.map(nameOf) };
const NAMED = {
  annotations: { 'io.containerd.image.name': 'docker.io/library/zoo:1', 'org.opencontainers.image.ref.name': '1' },
};

/** Opens a hybrid archive whose OCI side lists this manifest. */
async function openHybrid(manifest: TestBlob, docker: unknown, more: object = NAMED, blobs = [CONFIG, ...LAYERS]) {
  const index = indexOf([describeBlob(MEDIA_TYPE.ociManifest, manifest, more)]);
  const entries = [...layoutEntries(index, [manifest, ...blobs]), file('manifest.json', JSON.stringify(docker))];
  const path = await makeFile(tarOf(entries));
  const source = await openImageSource(path);
  const { set, findings } = await loadImageSet(source);
  await source.close();
  return {
    format: source.format,
    roots: set.roots.map(({ names, node }) => [
      node.kind === 'image' ? node.manifest.layers.map(({ digest }) => digest) : node.kind,
      ...names,
    ]),
    findings: [...source.findings, ...findings].map(({ severity, code, place, text }) =>
      [severity, code, place.replace(path, 'X'), text].join(' | '),
    ),
  };
}

const GOOD = manifestOf(LAYERS);
const digests = LAYERS.map(({ digest }) => digest);

test('both sides agree', async () => {
  expect(await openHybrid(GOOD, [DOCKER])).toEqual({
    format: 'docker-archive',
    roots: [[digests, 'docker.io/library/zoo:1']],
    findings: [],
  });
});

test('an image and an index of the same config keep their own names', async () => {
  const outer = blobOf({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociIndex,
    manifests: [describeBlob(MEDIA_TYPE.ociManifest, GOOD)],
  });
  const named = (name: string) => ({ annotations: { 'io.containerd.image.name': `docker.io/library/${name}` } });
  const index = indexOf([
    describeBlob(MEDIA_TYPE.ociManifest, GOOD, named('one:1')),
    describeBlob(MEDIA_TYPE.ociIndex, outer, named('many:1')),
  ]);
  const docker = [
    { ...DOCKER, RepoTags: ['one:1'] },
    { ...DOCKER, RepoTags: ['many:1'] },
  ];
  const entries = [
    ...layoutEntries(index, [GOOD, outer, CONFIG, ...LAYERS]),
    file('manifest.json', JSON.stringify(docker)),
  ];
  const source = await openImageSource(await makeFile(tarOf(entries)));
  expect(source.roots.map(({ names }) => names)).toEqual([['docker.io/library/one:1'], ['docker.io/library/many:1']]);
  expect(source.findings).toEqual([]);
  await source.close();
});

test('names of manifest.json are joined', async () => {
  const tags = { ...DOCKER, RepoTags: ['zoo:1', 'localhost:5000/zoo:2'] };
  expect(await openHybrid(GOOD, [tags], {})).toEqual({
    format: 'docker-archive',
    roots: [[digests, 'docker.io/library/zoo:1', 'localhost:5000/zoo:2']],
    findings: [],
  });
  expect((await openHybrid(GOOD, [tags])).findings).toEqual([
    'warning | docker-manifest.disagrees | X: manifest.json: [0] | it has the name localhost:5000/zoo:2, index.json has not',
  ]);
});

test.each([
  ['without layers, as docker 25.0.0 wrote it', manifestOf([])],
  ['with the order of its layers lost', manifestOf(LAYERS.toReversed())],
])('an OCI manifest %s gives way to manifest.json', async (_, manifest) => {
  expect(await openHybrid(manifest, [DOCKER])).toEqual({
    format: 'docker-archive',
    roots: [[digests, 'docker.io/library/zoo:1']],
    findings: [
      'warning | docker-manifest.used | X: manifest.json: [0] | the image is not whole in index.json, so it was taken from manifest.json',
    ],
  });
});

test.each([
  [
    'other layers',
    [{ ...DOCKER, Layers: LAYERS.map(nameOf).toReversed() }],
    'error | docker-manifest.disagrees | X: manifest.json: [0] | it lists other layers than index.json does',
  ],
  [
    'a config that is not there',
    [{ ...DOCKER, Config: '../../etc/passwd' }],
    'error | docker-manifest.absent-blob | X: manifest.json: [0] | the config "../../etc/passwd" is not in the archive',
  ],
  [
    'a tag that is none',
    [{ ...DOCKER, RepoTags: ['zoo:1', 'ZOO:-'] }],
    'warning | docker-manifest.bad-name | X: manifest.json: [0] | the tag "ZOO:-" is not an image name',
  ],
  [
    'a key that nobody knows',
    [{ ...DOCKER, Layer: [] }],
    'warning | archive.unknown-key | X: manifest.json: [0] | the key "Layer" is in no specification, and is ignored',
  ],
  [
    'no list',
    { a: 1 },
    'error | docker-manifest.malformed | X: manifest.json | an object where a list of images should be',
  ],
  [
    'a config that is no text',
    [{ ...DOCKER, Config: 1 }],
    'error | docker-manifest.malformed | X: manifest.json: [0].Config | 1 where a text should be',
  ],
])('a manifest.json with %s', async (_, docker, finding) => {
  expect((await openHybrid(GOOD, docker)).findings).toEqual([finding]);
});

test('an image that is whole on neither side', async () => {
  // index.json has the last word: it knows sizes and media types of what is absent.
  const { roots, findings } = await openHybrid(GOOD, [DOCKER], NAMED, [CONFIG, LAYERS[0]]);
  expect(roots).toEqual([[digests, 'docker.io/library/zoo:1']]);
  expect(findings).toEqual([
    `warning | docker-manifest.absent-blob | X: manifest.json: [0] | the layer "${nameOf(LAYERS[1])}" is not in the archive`,
  ]);
});
