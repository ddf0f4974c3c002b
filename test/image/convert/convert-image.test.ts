import { expect, test } from 'vitest';
import { convertImage } from '../../../src/image/convert/convert-image.ts';
import { compressedMediaType, convertMediaType } from '../../../src/image/convert/media-type-edit.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import { parseConfig } from '../../../src/oci/parse-config.ts';
import { parseManifest } from '../../../src/oci/parse-manifest.ts';
import { parseStrictJson } from '../../../src/oci/strict-json.ts';

const LAYER = digestOf('layer');
// A number that no double holds, a key that nobody knows, an escape, a foreign layer with its URL, odd white space.
const CONFIG = Buffer.from(
  `{"architecture":"amd64","os":"linux","config":{"Healthcheck":{"Test":["NONE"]},"X":12345678901234567890},` +
    `"rootfs":{"type":"layers","diff_ids":["${LAYER}","${LAYER}"]}}`,
);
const MANIFEST = Buffer.from(`{
  "unknown": [1.0, 1e3, 12345678901234567890, "\\u00e9"],
  "schemaVersion": 2,
  "mediaType": "${MEDIA_TYPE.dockerManifest}",
  "config": {"digest": "${digestOf(CONFIG)}", "mediaType": "${MEDIA_TYPE.dockerConfig}", "size": ${CONFIG.length}},
  "layers": [
    {"mediaType": "${MEDIA_TYPE.dockerLayerGzip}", "size": 5, "digest": "${LAYER}", "more": true},
    {"mediaType": "${MEDIA_TYPE.dockerForeignLayerGzip}", "size": 7, "digest": "${digestOf('foreign')}", "urls": ["https://example.org/x"]}
  ]
}`);

function load() {
  const manifest = parseManifest(parseStrictJson(MANIFEST, 'm'), '', 'm');
  const config = { raw: CONFIG, document: parseConfig(parseStrictJson(CONFIG, 'c'), 'c') };
  const nothing = { platform: null, annotations: {}, artifactType: null, urls: [], data: null };
  const descriptor = {
    mediaType: manifest.mediaType,
    digest: digestOf(MANIFEST),
    sizeBytes: MANIFEST.length,
    ...nothing,
  };
  return { kind: 'image', descriptor, raw: MANIFEST, manifest, config, platform: null } as const;
}

const NOTHING = { family: 'keep', layers: [], config: null } as const;

test('docker media types become OCI ones, and every other byte stays', () => {
  const { manifest, config, layers } = convertImage(load(), null, { ...NOTHING, family: 'oci' }, () => false);
  const wanted = MANIFEST.toString()
    .replace(MEDIA_TYPE.dockerManifest, MEDIA_TYPE.ociManifest)
    .replace(MEDIA_TYPE.dockerConfig, MEDIA_TYPE.ociConfig)
    .replace(MEDIA_TYPE.dockerLayerGzip, MEDIA_TYPE.ociLayerGzip)
    .replace(MEDIA_TYPE.dockerForeignLayerGzip, 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip');
  expect(manifest.raw.toString()).toBe(wanted);
  expect(manifest.digest).toBe(digestOf(wanted));
  expect(config.raw).toBe(CONFIG);
  expect(layers.map(({ isHeld }) => isHeld)).toEqual([false, false]);
});

test('nothing to change: the bytes that there were', () => {
  expect(convertImage(load(), null, NOTHING, () => true).manifest.raw).toBe(MANIFEST);
});

test('a layer that is compressed otherwise: its digest, size and type, and no more', () => {
  const change = { digest: digestOf('new'), sizeBytes: 9, compression: 'zstd' } as const;
  const { manifest } = convertImage(load(), null, { ...NOTHING, layers: [change, null] }, () => true);
  const wanted = MANIFEST.toString().replace(
    `"${MEDIA_TYPE.dockerLayerGzip}", "size": 5, "digest": "${LAYER}"`,
    `"${MEDIA_TYPE.dockerLayerZstd}", "size": 9, "digest": "${change.digest}"`,
  );
  expect(manifest.raw.toString()).toBe(wanted);
});

test('media types there and back', () => {
  for (const type of [MEDIA_TYPE.ociIndex, MEDIA_TYPE.ociManifest, MEDIA_TYPE.ociConfig, MEDIA_TYPE.ociLayerZstd]) {
    expect(convertMediaType(convertMediaType(type, 'docker'), 'oci')).toBe(type);
  }
  expect(convertMediaType(MEDIA_TYPE.inToto, 'docker')).toBe(MEDIA_TYPE.inToto);
  expect(compressedMediaType(MEDIA_TYPE.dockerLayer, 'gzip')).toBe(MEDIA_TYPE.dockerLayerGzip);
});
