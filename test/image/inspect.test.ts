import { expect, test } from 'vitest';
import { formatView } from '../../src/image/inspect-text.ts';
import { viewImages, type InspectInput } from '../../src/image/inspect-view.ts';
import type { LoadedNode } from '../../src/image/image-set.ts';
import { blobPath, digestOf, type Digest } from '../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { formatSize } from '../../src/report/size.ts';
import { createStyle } from '../../src/report/style.ts';
import { shortDigest } from '../../src/image/blob-uses.ts';
import {
  absent,
  makeArtifact,
  makeAttestation,
  makeImage,
  makeIndex,
  makeSet,
  type MadeImage,
} from '../support/image-set.ts';

const amd64 = makeImage({
  platform: 'linux/amd64',
  container: {
    entrypoint: ['/bin/tool', 'say "hi"'],
    cmd: ['now'],
    env: ['PATH=/bin', 'LANG=C.UTF-8'],
    user: '1000',
    workingDir: '/data',
    exposedPorts: ['8080/tcp'],
    volumes: ['/data'],
    stopSignal: 'SIGINT',
    labels: { title: 'zoo' },
    healthcheck: { test: ['CMD', '/bin/tool', 'ok'], intervalNs: 1, timeoutNs: 0, startPeriodNs: 0, retries: 0 },
  },
  layers: [Buffer.from('one'), Buffer.from('two')],
});
const attestation = makeAttestation(amd64.node.descriptor.digest);
const artifact = makeArtifact('note');
const arm64 = makeImage({ platform: 'linux/arm64' });

function inspect(
  nodes: readonly LoadedNode[],
  held: readonly MadeImage[],
  names: readonly string[] = [],
): InspectInput {
  const blobs = new Map(held.flatMap((image) => [...image.blobs]));
  let offset = 512;
  return {
    format: 'oci-archive',
    shape: {
      isFolder: false,
      compression: 'none',
      format: 'oci-archive',
      hasManifestJson: false,
      hasIndexJson: true,
      hasLayerTars: false,
    },
    sizeBytes: 10_240,
    set: makeSet('zoo.tar', nodes, names),
    blobs: [...blobs].map(([digest, bytes]) => {
      offset += 1024;
      return { digest, sizeBytes: bytes.length, name: blobPath(digest), offset };
    }),
  };
}

const whole = viewImages(
  inspect(
    [makeIndex([amd64.node, attestation.node, artifact.node, absent(arm64)])],
    [amd64, attestation, artifact],
    ['docker.io/library/zoo:1'],
  ),
);

test('shows the root, the index and what is absent', () => {
  const index = makeIndex([amd64.node, attestation.node, artifact.node, absent(arm64)]).descriptor.digest;
  expect(whole).toMatchObject({
    source: 'zoo.tar',
    format: 'oci-archive',
    sizeBytes: 10_240,
    roots: [{ digest: index, mediaType: MEDIA_TYPE.ociIndex, names: ['docker.io/library/zoo:1'] }],
    index: { digest: index, mediaType: MEDIA_TYPE.ociIndex },
    absent: [
      {
        digest: arm64.node.descriptor.digest,
        mediaType: MEDIA_TYPE.ociManifest,
        platform: 'linux/arm64',
        present: false,
      },
    ],
    artifacts: [{ digest: artifact.node.descriptor.digest, type: MEDIA_TYPE.ociEmpty }],
  });
});

test('shows an image with its config, layers and attestations', () => {
  const { descriptor, manifest } = amd64.node;
  expect(whole.images).toEqual([
    {
      digest: descriptor.digest,
      mediaType: MEDIA_TYPE.ociManifest,
      sizeBytes: descriptor.sizeBytes,
      totalBytes: [...amd64.blobs.values()].reduce((sum, bytes) => sum + bytes.length, 0),
      platform: 'linux/amd64',
      config: {
        digest: manifest.config.digest,
        created: '2026-01-02T03:04:05Z',
        author: '',
        ...amd64.node.config?.document.container,
      },
      layers: manifest.layers.map((layer, position) => ({
        digest: layer.digest,
        sizeBytes: layer.sizeBytes,
        mediaType: MEDIA_TYPE.ociLayerGzip,
        diffId: amd64.diffIds[position],
        createdBy: `COPY part-${position} / # buildkit`,
        present: true,
      })),
      annotations: {},
      attestations: [
        { digest: attestation.node.descriptor.digest, predicateTypes: ['https://slsa.dev/provenance/v0.2'] },
      ],
    },
  ]);
});

function roleOf(digest: Digest) {
  return whole.blobs.find((blob) => blob.digest === digest);
}

test('lists every blob with its place and role, then the absent ones', () => {
  const { descriptor, manifest } = amd64.node;
  expect(roleOf(descriptor.digest)).toEqual({
    digest: descriptor.digest,
    sizeBytes: descriptor.sizeBytes,
    name: blobPath(descriptor.digest),
    offset: 1536,
    role: 'manifest',
    present: true,
  });
  expect(roleOf(manifest.config.digest)?.role).toBe('config');
  expect(manifest.layers.map(({ digest }) => roleOf(digest)?.role)).toEqual(['layer', 'layer']);
  expect(roleOf(arm64.node.descriptor.digest)).toMatchObject({
    name: null,
    offset: null,
    role: 'manifest',
    present: false,
  });
  expect(
    viewImages(inspect([arm64.node], [arm64, artifact])).blobs.filter(({ role }) => role === 'unreferenced'),
  ).toHaveLength(artifact.blobs.size);
});

test('a history that does not fit the layers names none', () => {
  const { node } = arm64;
  const config = node.config && { ...node.config, document: { ...node.config.document, history: [] } };
  expect(viewImages(inspect([{ ...node, config }], [arm64])).images[0]?.layers[0]?.createdBy).toBe(null);
});

test('several roots have no one index; one manifest under two names is one image', () => {
  const two = makeSet('zoo.tar', [amd64.node, arm64.node, amd64.node]);
  const view = viewImages({ ...inspect([], [amd64, arm64]), set: two });
  expect(view.index).toBe(null);
  expect(view.images.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
});

test('the text is a tree', () => {
  const [first, second] = amd64.node.manifest.layers;
  const total = [...amd64.blobs.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  expect(formatView(whole, { style: createStyle(false), columns: null })).toBe(
    [
      'zoo.tar: oci-archive, 10.0 KiB',
      'docker.io/library/zoo:1',
      `index ${shortDigest(whole.index?.digest ?? digestOf(''))} (${MEDIA_TYPE.ociIndex})`,
      `├─ linux/amd64  ${shortDigest(amd64.node.descriptor.digest)}  ${formatSize(total)}`,
      '│  ├─ entrypoint   ["/bin/tool","say \\"hi\\""]',
      '│  ├─ cmd          ["now"]',
      '│  ├─ env          PATH=/bin',
      '│  ├─              LANG=C.UTF-8',
      '│  ├─ user         1000',
      '│  ├─ workdir      /data',
      '│  ├─ ports        8080/tcp',
      '│  ├─ volumes      /data',
      '│  ├─ stop signal  SIGINT',
      '│  ├─ healthcheck  ["CMD","/bin/tool","ok"]',
      '│  ├─ labels       title=zoo',
      '│  ├─ created      2026-01-02T03:04:05Z',
      `│  ├─ layer 1      ${first?.sizeBytes} B       ${shortDigest(whole.images[0]?.layers[0]?.diffId ?? digestOf(''))}  COPY part-0 /`,
      `│  ├─ layer 2      ${second?.sizeBytes} B       ${shortDigest(whole.images[0]?.layers[1]?.diffId ?? digestOf(''))}  COPY part-1 /`,
      `│  └─ attestation  ${shortDigest(attestation.node.descriptor.digest)}  https://slsa.dev/provenance/v0.2`,
      `├─ artifact     ${shortDigest(artifact.node.descriptor.digest)}  ${MEDIA_TYPE.ociEmpty}`,
      `├─ linux/arm64  ${shortDigest(arm64.node.descriptor.digest)}  listed, but not in the archive`,
      '├─ read by      docker load (containerd image store), podman load, skopeo, ctr images import',
      '├─ not by       docker load (classic image store): there is no manifest.json',
      '├─              umoci: it reads folders',
      '└─              tools that want layer.tar: there are no repositories with <id>/layer.tar',
      '',
    ].join('\n'),
  );
});
