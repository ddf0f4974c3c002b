import { expect, test } from 'vitest';
import { loadImageSet } from '../../../src/archive/read/load-images.ts';
import { openImageSource } from '../../../src/archive/read/open.ts';
import type { LoadedNode } from '../../../src/image/image-set.ts';
import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import {
  blobOf,
  describeBlob,
  file,
  indexOf,
  layoutEntries,
  makeFile,
  makeImage,
  tarOf,
  type TestBlob,
} from '../../support/archives.ts';

async function load(indexJson: Uint8Array, blobs: readonly TestBlob[]) {
  const path = await makeFile(tarOf(layoutEntries(indexJson, blobs)));
  const source = await openImageSource(path);
  const { set, findings } = await loadImageSet(source);
  await source.close();
  return {
    set,
    tree: set.roots.map(({ node }) => draw(node)),
    findings: findings.map(({ severity, code, place, text }) =>
      [severity, code, place.replace(path, 'X'), text].join(' | '),
    ),
  };
}

function draw(node: LoadedNode): unknown {
  if (node.kind === 'index') return node.children.map(draw);
  return node.kind === 'absent' || node.config !== null ? node.kind : 'image without config';
}

const placeOf = ({ digest }: TestBlob) => `X: blobs/${digest.replace(':', '/')}`;
const wrap = (...children: readonly object[]) => blobOf(indexOf(children));
const asIndex = (blob: TestBlob) => describeBlob(MEDIA_TYPE.ociIndex, blob);

const AMD64 = makeImage([[file('a', 'amd64')]]);
const ARM64 = makeImage([[file('a', 'arm64')]], 'arm64');

test('nodes carry their bytes and what they mean', async () => {
  const index = wrap(AMD64.descriptor, ARM64.descriptor);
  const { set, findings } = await load(indexOf([asIndex(index)]), [index, ...AMD64.blobs, ...ARM64.blobs]);
  expect(findings).toEqual([]);
  const root = set.roots[0]!.node;
  if (root.kind !== 'index') throw new Error('no index');
  const child = root.children[1]!;
  if (child.kind !== 'image') throw new Error('no image');
  expect(root.raw).toEqual(index.raw);
  expect(child.raw).toEqual(ARM64.manifest.raw);
  expect(child.config?.raw).toEqual(ARM64.config.raw);
  expect(child.config?.document.diffIds).toEqual(ARM64.diffIds);
  expect(child.platform).toEqual({ os: 'linux', arch: 'arm64', variant: '', osVersion: '', osFeatures: [] });
});

test('a descriptor without media type gets the one of the document', async () => {
  const { digest, sizeBytes } = AMD64.manifest;
  const { set } = await load(indexOf([{ digest, size: sizeBytes }]), AMD64.blobs);
  expect(set.roots[0]?.node.descriptor.mediaType).toBe(MEDIA_TYPE.ociManifest);
});

test('a save of one platform: the others are notes', async () => {
  const index = wrap(AMD64.descriptor, ARM64.descriptor);
  expect(await load(indexOf([asIndex(index)]), [index, ...AMD64.blobs])).toMatchObject({
    tree: [['image', 'absent']],
    findings: [`note | blob.absent | ${placeOf(ARM64.manifest)} | the blob is listed, but not in the archive`],
  });
});

test('an index of which nothing is there: errors', async () => {
  const index = wrap(AMD64.descriptor, ARM64.descriptor);
  expect(await load(indexOf([asIndex(index)]), [index])).toMatchObject({
    tree: [['absent', 'absent']],
    findings: [AMD64, ARM64].map(
      ({ manifest }) => `error | blob.absent | ${placeOf(manifest)} | the blob is listed, but not in the archive`,
    ),
  });
});

test('a config that is absent, swapped, or no config', async () => {
  const bad = blobOf({ config: { Env: 'no list' } });
  const manifest = blobOf({
    schemaVersion: 2,
    config: describeBlob(MEDIA_TYPE.ociConfig, bad),
    layers: AMD64.layers.map((layer) => describeBlob(MEDIA_TYPE.ociLayerGzip, layer)),
  });
  const swapped = { ...ARM64.config, raw: Buffer.from(ARM64.config.raw).fill('x', 5, 6) };
  const descriptors = [AMD64.descriptor, ARM64.descriptor, describeBlob(MEDIA_TYPE.ociManifest, manifest)];
  const { tree, findings } = await load(indexOf(descriptors), [AMD64.manifest, ARM64.manifest, swapped, manifest, bad]);
  expect(tree).toEqual(['image without config', 'image without config', 'image without config']);
  expect(findings).toEqual([
    `error | blob.absent | ${placeOf(AMD64.config)} | the blob is listed, but not in the archive`,
    expect.stringMatching(`^error \\| blob.corrupt \\| ${placeOf(ARM64.config)} \\| its bytes have the digest sha256:`),
    `error | config.malformed | ${placeOf(bad)}: config.Env | "no list" where a list should be`,
  ]);
});

test('embedded data stands in for a blob that is absent', async () => {
  const config = describeBlob(MEDIA_TYPE.ociConfig, AMD64.config, { data: AMD64.config.raw.toString('base64') });
  const manifest = blobOf({ schemaVersion: 2, config, layers: [] });
  const { tree, findings } = await load(indexOf([describeBlob(MEDIA_TYPE.ociManifest, manifest)]), [manifest]);
  expect({ tree, findings }).toEqual({ tree: ['image'], findings: [] });
});

test('attestations and artifacts keep no config', async () => {
  const attestation = {
    ...AMD64.descriptor,
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': AMD64.manifest.digest,
    },
  };
  const empty = blobOf({});
  const artifact = blobOf({
    schemaVersion: 2,
    artifactType: 'application/x',
    config: describeBlob(MEDIA_TYPE.ociEmpty, empty),
    layers: [],
  });
  const index = indexOf([attestation, describeBlob(MEDIA_TYPE.ociManifest, artifact)]);
  const { tree, findings } = await load(index, [...AMD64.blobs, artifact, empty]);
  expect({ tree, findings }).toEqual({ tree: ['image without config', 'image without config'], findings: [] });
});

test('something else than a manifest', async () => {
  const descriptors = [{ ...AMD64.descriptor, mediaType: 'text/plain' }];
  expect(await load(indexOf(descriptors), AMD64.blobs)).toMatchObject({
    tree: ['absent'],
    findings: [
      `error | descriptor.unknown-type | ${placeOf(AMD64.manifest)} | it is listed as "text/plain", which is neither an index nor an image manifest`,
    ],
  });
});

test('JSON beyond 4 MiB is not read', async () => {
  const large = blobOf(Buffer.alloc(4 * 1024 * 1024 + 1, ' '));
  expect(await load(indexOf([describeBlob(MEDIA_TYPE.ociManifest, large)]), [large])).toMatchObject({
    tree: ['absent'],
    findings: [`error | blob.too-large | ${placeOf(large)} | 4194305 bytes of JSON; more than 4194304 are not read`],
  });
});

test('four levels of indexes, and no more', async () => {
  const levels = [wrap(AMD64.descriptor)];
  for (let level = 2; level <= 5; level++) levels.push(wrap(asIndex(levels.at(-1)!)));
  const [, , , four, five] = levels as [TestBlob, TestBlob, TestBlob, TestBlob, TestBlob];
  const blobs = [...AMD64.blobs, ...levels];
  expect(await load(indexOf([asIndex(four)]), blobs)).toMatchObject({ tree: [[[[['image']]]]], findings: [] });
  const tooDeep = 'error | archive.too-deep | X | indexes are nested more than 4 deep';
  expect(await load(indexOf([asIndex(five)]), blobs)).toMatchObject({ tree: [[[[['absent']]]]], findings: [tooDeep] });
  // Known from the first root, and still too deep below the second.
  expect(await load(indexOf([asIndex(four), asIndex(five)]), blobs)).toMatchObject({
    tree: [[[[['image']]]], ['absent']],
    findings: [tooDeep],
  });
});

test('indexes that list each other many times end quickly', async () => {
  let level = wrap(...Array.from({ length: 100 }, () => AMD64.descriptor));
  const blobs = [...AMD64.blobs, level];
  for (let depth = 0; depth < 3; depth++) {
    const below = asIndex(level);
    level = wrap(...Array.from({ length: 100 }, () => below));
    blobs.push(level);
  }
  const { findings } = await loadOnly(indexOf([asIndex(level)]), blobs);
  expect(findings).toEqual([]);
});

/** As `load`, without drawing a tree that has a hundred million leaves. */
async function loadOnly(indexJson: Uint8Array, blobs: readonly TestBlob[]) {
  const source = await openImageSource(await makeFile(tarOf(layoutEntries(indexJson, blobs))));
  try {
    return await loadImageSet(source);
  } finally {
    await source.close();
  }
}
