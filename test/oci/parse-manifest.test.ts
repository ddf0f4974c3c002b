import { expect, test } from 'vitest';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { parseGraphDocument, parseIndex, parseManifest } from '../../src/oci/parse-manifest.ts';
import { parseStrictJson } from '../../src/oci/strict-json.ts';

const DIGEST = digestOf('x');
const CONFIG = { mediaType: MEDIA_TYPE.ociConfig, digest: DIGEST, size: 1 };
const INDEX = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [] };
const MANIFEST = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest, config: CONFIG, layers: [] };

const toJson = (document: unknown) => parseStrictJson(Buffer.from(JSON.stringify(document)), 'x');
const read = (document: unknown, mediaType = '') => parseGraphDocument(toJson(document), mediaType, 'x.tar: y');

test('an index with all fields', () => {
  const platform = {
    os: 'Linux',
    architecture: 'aarch64',
    variant: 'v8',
    'os.version': '1',
    'os.features': ['b', 'a'],
  };
  const child = {
    mediaType: MEDIA_TYPE.ociManifest,
    digest: DIGEST,
    size: 1,
    platform,
    annotations: { a: 'b' },
    urls: ['u'],
  };
  const document = { ...INDEX, manifests: [child], annotations: { c: 'd' }, artifactType: 't', subject: CONFIG };
  const descriptor = {
    mediaType: MEDIA_TYPE.ociManifest,
    digest: DIGEST,
    sizeBytes: 1,
    platform: { os: 'linux', arch: 'arm64', variant: '', osVersion: '1', osFeatures: ['a', 'b'] },
    annotations: { a: 'b' },
    artifactType: null,
    urls: ['u'],
    data: null,
  };
  const subject = { ...descriptor, mediaType: MEDIA_TYPE.ociConfig, platform: null, annotations: {}, urls: [] };
  expect(parseIndex(toJson(document), '', 'x')).toEqual({
    mediaType: MEDIA_TYPE.ociIndex,
    manifests: [descriptor],
    annotations: { c: 'd' },
    artifactType: 't',
    subject,
  });
});

test('a manifest as Go writes one that is empty', () => {
  const document = { ...MANIFEST, mediaType: null, layers: null, annotations: null };
  expect(parseManifest(toJson(document), MEDIA_TYPE.dockerManifest, 'x')).toMatchObject({
    mediaType: MEDIA_TYPE.dockerManifest,
    layers: [],
    annotations: {},
  });
});

test('embedded data is decoded and checked', () => {
  const config = { ...CONFIG, data: Buffer.from('x').toString('base64') };
  expect(parseManifest(toJson({ ...MANIFEST, config }), '', 'x').config.data).toEqual(Buffer.from('x'));
});

test('without a media type anywhere the keys decide', () => {
  expect(read({ schemaVersion: 2, manifests: [] }).kind).toBe('index');
  expect(read({ schemaVersion: 2, config: CONFIG }).kind).toBe('manifest');
});

test.each([
  ['a list', [], '', 'manifest.malformed', 'x.tar: y', 'a list where an object should be'],
  [
    'an index with a config',
    { ...INDEX, config: CONFIG },
    '',
    'index.malformed',
    'x.tar: y: config',
    'an index with the key "config" is understood differently by different readers',
  ],
  [
    'a manifest with manifests',
    { ...MANIFEST, manifests: [] },
    MEDIA_TYPE.ociManifest,
    'manifest.malformed',
    'x.tar: y: manifests',
    'an image manifest with the key "manifests" is understood differently by different readers',
  ],
  [
    'a manifest called an index',
    MANIFEST,
    MEDIA_TYPE.ociIndex,
    'index.malformed',
    'x.tar: y: manifests',
    'nothing where a list of manifests should be',
  ],
  [
    "another media type than the descriptor's",
    MANIFEST,
    MEDIA_TYPE.dockerManifest,
    'manifest.malformed',
    'x.tar: y: mediaType',
    `"${MEDIA_TYPE.ociManifest}" where ${MEDIA_TYPE.dockerManifest}, as its descriptor says, should be`,
  ],
  [
    'a media type of something else',
    { ...MANIFEST, mediaType: MEDIA_TYPE.ociConfig },
    '',
    'manifest.malformed',
    'x.tar: y: mediaType',
    `"${MEDIA_TYPE.ociConfig}" where the media type of an image manifest should be`,
  ],
  ['schema 1', { schemaVersion: 1, fsLayers: [] }, '', 'manifest.malformed', 'x.tar: y: fsLayers', expect.any(String)],
  [
    'another version',
    { ...MANIFEST, schemaVersion: 3 },
    '',
    'manifest.malformed',
    'x.tar: y: schemaVersion',
    '3 where schema version 2 should be',
  ],
  [
    'no config',
    { ...MANIFEST, config: null },
    '',
    'descriptor.malformed',
    'x.tar: y: config',
    'null where a descriptor should be',
  ],
  [
    'a digest that is a path',
    { ...MANIFEST, layers: [{ ...CONFIG, digest: 'sha256:../../etc/passwd' }] },
    '',
    'digest.malformed',
    'x.tar: y: layers[0].digest',
    '"sha256:../../etc/passwd" is not a digest',
  ],
  [
    'a negative size',
    { ...MANIFEST, layers: [CONFIG, { ...CONFIG, size: -1 }] },
    '',
    'descriptor.malformed',
    'x.tar: y: layers[1].size',
    '-1 where a size should be',
  ],
  [
    'half a byte',
    { ...MANIFEST, config: { ...CONFIG, size: 0.5 } },
    '',
    'descriptor.malformed',
    'x.tar: y: config.size',
    '0.5 where a whole number should be',
  ],
  [
    'an absurd size',
    { ...MANIFEST, config: { ...CONFIG, size: 1e300 } },
    '',
    'descriptor.malformed',
    'x.tar: y: config.size',
    '1e+300 where a whole number should be',
  ],
  [
    'an annotation that is a number',
    { ...MANIFEST, annotations: { 'a.b': 1 } },
    '',
    'manifest.malformed',
    'x.tar: y: annotations["a.b"]',
    '1 where a text should be',
  ],
  [
    'embedded data of something else',
    { ...MANIFEST, config: { ...CONFIG, data: 'eQ==' } },
    '',
    'descriptor.data-mismatch',
    'x.tar: y: config.data',
    `the embedded data is not the blob ${DIGEST}`,
  ],
  [
    'embedded data that is no base64',
    { ...MANIFEST, config: { ...CONFIG, data: 'e A==' } },
    '',
    'descriptor.malformed',
    'x.tar: y: config.data',
    '"e A==" where base64 should be',
  ],
  [
    'too many layers',
    { ...MANIFEST, layers: Array.from({ length: 1001 }, () => CONFIG) },
    '',
    'manifest.malformed',
    'x.tar: y: layers',
    '1001 entries; more than 1000 are not read',
  ],
  [
    'too many manifests',
    { ...INDEX, manifests: Array.from({ length: 10_001 }, () => 0) },
    '',
    'index.malformed',
    'x.tar: y: manifests',
    '10001 entries; more than 10000 are not read',
  ],
])('%s', (_, document, mediaType, code, place, message) => {
  expect(() => read(document, mediaType)).toThrow(expect.objectContaining({ code, place, message }));
});
