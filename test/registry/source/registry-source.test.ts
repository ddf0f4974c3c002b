import { expect, test } from 'vitest';
import { loadImageSet } from '../../../src/archive/read/load-images.ts';
import { listImages } from '../../../src/image/select/list-images.ts';
import { walkSet } from '../../../src/image/walk.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { parsePlatform } from '../../../src/platform/parse.ts';
import { formatPlatform } from '../../../src/platform/platform.ts';
import { mirrorRepository } from '../../../src/registry/source/registry-source-mirror.ts';
import { openRegistrySource, type RegistrySourceOptions } from '../../../src/registry/source/registry-source.ts';
import { fixture, SIGNAL } from '../../support/archives.ts';
import { openRepositories } from '../../support/registry-client.ts';
import type { TestRegistry } from '../../support/registry/open-registry.ts';
import { seedFromLayout } from '../../support/registry/seed-from-layout.ts';
import { seededImage, seedRepository } from '../../support/registry/seeded-image.ts';
import { startRegistry } from '../../support/registry/registry.ts';

const INDEX = fixture('buildx-oci-multi-attested.tar');

async function load(registry: TestRegistry, name: string, more: Partial<RegistrySourceOptions> = {}) {
  const reference = parseReference(`${registry.host}/${name}`);
  const repository = openRepositories(registry)(reference.repository);
  const source = await openRegistrySource(repository, reference, { name: 'docker://it', signal: SIGNAL, ...more });
  return { source, ...(await loadImageSet(source)) };
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const chunk of chunks) pieces.push(Buffer.from(chunk));
  return Buffer.concat(pieces);
}

test('an attested index is a source like an archive of it, of which layers are read when they are asked for', async () => {
  const registry = await startRegistry({
    auth: { kind: 'bearer', user: 'somebody', password: 'something', isPullAnonymous: true },
  });
  const digest = await seedFromLayout(registry.repository('zoo'), INDEX, '1');
  const { source, set, findings } = await load(registry, 'zoo:1');
  expect([findings, source.findings, source.format]).toEqual([[], [], 'registry']);
  expect(set.roots.map(({ names, node }) => [names, node.descriptor.digest])).toEqual([
    [[`${registry.host}/zoo:1`], digest],
  ]);
  expect(walkSet(set)).toHaveLength(11);
  expect(listImages(set).map(({ platform }) => platform && formatPlatform(platform))).toEqual([
    'linux/amd64',
    'linux/arm64',
    'linux/arm/v7',
    'linux/s390x',
    'linux/ppc64le',
  ]);
  const layers = registry.requests.filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'));
  expect(layers).toHaveLength(5);
  const places = [...source.blobs()];
  expect(source.sizeBytes).toBe(places.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  for (const place of places) {
    expect(digestOf(await bytesOf(source.stream(place.digest)))).toBe(place.digest);
    expect((await bytesOf(source.stream(place.digest, 10))).length).toBe(place.sizeBytes - 10);
    expect(place.name).toMatch(/^(?:blobs|manifests)\/sha256:/);
  }
  expect(registry.violations).toEqual([]);
});

test.each([
  ['zoo', ['latest']],
  ['zoo@DIGEST', []],
  ['zoo:1@DIGEST', ['1']],
])('the image %s has the tags %j', async (name, tags) => {
  const registry = await startRegistry();
  const digest = await seedFromLayout(registry.repository('zoo'), fixture('buildx-oci.tar'), 'latest');
  const { set } = await load(registry, name.replace('DIGEST', digest));
  expect(set.roots[0]?.names).toEqual(tags.map((tag) => `${registry.host}/zoo:${tag}`));
});

test('a tag is looked up once: what it moves to meanwhile is another image', async () => {
  const registry = await startRegistry();
  const zoo = registry.repository('zoo');
  const other = await seedFromLayout(zoo, fixture('buildx-oci.tar'), 'other');
  const digest = await seedFromLayout(zoo, INDEX, '1');
  registry.fail({ path: /\/manifests\/sha256:/, times: 1, fault: { kind: 'move-tag', tag: '1', digest: other } });
  const { set, findings } = await load(registry, 'zoo:1');
  expect([set.roots[0]?.node.descriptor.digest, findings, zoo.tags.get('1')]).toEqual([digest, [], other]);
});

test('a child that the registry does not have is absent, as in a sparse archive', async () => {
  const registry = await startRegistry();
  const zoo = registry.repository('zoo');
  const image = seededImage({ platforms: ['linux/amd64', 'linux/arm64'] });
  seedRepository(zoo, image, '1');
  const [child] = [...image.manifests.keys()];
  if (child === undefined) throw new Error('no child');
  zoo.manifests.delete(child);
  const { set, findings } = await load(registry, 'zoo:1');
  expect(walkSet(set).map(({ node }) => node.kind)).toEqual(['index', 'absent', 'image']);
  expect(findings).toEqual([
    {
      code: 'blob.absent',
      severity: 'note',
      place: `docker://it: blobs/sha256/${child.slice(7)}`,
      text: 'the blob is listed, but not in the registry',
      hint: null,
    },
  ]);
});

test('an image that is not there', async () => {
  const registry = await startRegistry();
  await expect(load(registry, 'zoo:1')).rejects.toMatchObject({ code: 'registry.not-found' });
});

test('a config with other bytes is a finding, not an image', async () => {
  const registry = await startRegistry();
  const zoo = registry.repository('zoo');
  seedRepository(zoo, seededImage({ layers: [] }), '1');
  const [config] = [...zoo.blobs.keys()];
  const bytes = config === undefined ? undefined : zoo.blobs.get(config);
  if (config === undefined || bytes === undefined) throw new Error('no config');
  zoo.blobs.set(config, Buffer.from(bytes.toString().replace('linux', 'linuX')));
  const { findings } = await load(registry, 'zoo:1');
  expect(findings.map(({ code, place }) => [code, place])).toEqual([['blob.corrupt', `docker://it: ${config}`]]);
});

test('with a platform nothing of the others is fetched', async () => {
  const registry = await startRegistry();
  await seedFromLayout(registry.repository('zoo'), INDEX, '1');
  const { set } = await load(registry, 'zoo:1', { platform: parsePlatform('linux/arm/v7') });
  expect(walkSet(set).filter(({ node }) => node.kind !== 'absent')).toHaveLength(3);
  expect(registry.requests.filter(({ path }) => path.includes('/manifests/'))).toHaveLength(3);
});

test.each([true, false])('what refers to an image is found, with a list of referrers (%s)', async (hasReferrers) => {
  const registry = await startRegistry({ hasReferrers });
  const zoo = registry.repository('zoo');
  const image = seededImage({ platforms: ['linux/amd64', 'linux/arm64'] });
  seedRepository(zoo, image, '1');
  const subject = { mediaType: image.root.mediaType, digest: image.digest, size: image.root.bytes.length };
  const materials = seededImage({ seed: 2, subject, artifactType: 'application/vnd.example.materials' });
  const onMaterials = {
    mediaType: materials.root.mediaType,
    digest: materials.digest,
    size: materials.root.bytes.length,
  };
  const signature = seededImage({ seed: 3, subject: onMaterials, artifactType: 'application/vnd.example.signature' });
  const repository = openRepositories(registry)('zoo');
  for (const each of [materials, signature]) {
    seedRepository(zoo, { ...each, manifests: new Map() });
    await repository.writeManifest({ ...each.root, digest: each.digest }, null);
  }
  const { set } = await load(registry, 'zoo:1', { takesReferrers: true });
  expect(set.roots.map(({ node }) => [node.kind, node.descriptor.digest])).toEqual([
    ['index', image.digest],
    ['image', materials.digest],
    ['image', signature.digest],
  ]);
  expect((await load(registry, 'zoo:1')).set.roots).toHaveLength(1);
});

test('a foreign layer is there only where the registry has it', async () => {
  const registry = await startRegistry();
  const zoo = registry.repository('zoo');
  const image = seededImage({ layers: [100, 200] });
  const document = JSON.parse(image.root.bytes.toString()) as { layers: { mediaType: string; digest: string }[] };
  const layers = document.layers.map((layer) => ({
    ...layer,
    mediaType: MEDIA_TYPE.dockerForeignLayerGzip,
    urls: ['https://example.org/layer'],
  }));
  const bytes = Buffer.from(JSON.stringify({ ...document, layers }));
  seedRepository(zoo, image);
  zoo.manifests.set(digestOf(bytes), { bytes, mediaType: MEDIA_TYPE.ociManifest });
  zoo.tags.set('1', digestOf(bytes));
  const [here, away] = [...image.blobs.keys()].filter((digest) => layers.some((layer) => layer.digest === digest));
  if (here === undefined || away === undefined) throw new Error('no layers');
  zoo.blobs.delete(away);
  const { source } = await load(registry, 'zoo:1');
  expect([source.blob(here)?.digest, source.blob(away)]).toEqual([here, undefined]);
});

test.each([
  ['alpine:3.20', { 'docker.io': 'localhost:5000' }, 'localhost:5000', 'library/alpine'],
  ['alpine', { 'docker.io': 'mirror.example.com/hub/x' }, 'mirror.example.com', 'hub/x/library/alpine'],
  ['quay.io/a/b:1', { 'docker.io': 'localhost:5000' }, 'quay.io', 'a/b'],
])('%s with the mirrors %j', (name, mirrors, registry, repository) => {
  expect(mirrorRepository(parseReference(name), mirrors)).toEqual({ registry, repository });
});
