import { expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import { openRepositories } from '../../support/registry-client.ts';
import type { FaultRule } from '../../support/registry/faults.ts';
import { DISTRIBUTION_2_8, type RegistryOptions } from '../../support/registry/options.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import { seededImage, seedRepository } from '../../support/registry/seeded-image.ts';

const IMAGE = seededImage({ platforms: ['linux/amd64', 'linux/arm64'] });
const ROOT = { ...IMAGE.root, digest: IMAGE.digest };
const WRONG = `sha256:${'0'.repeat(64)}`;

async function start(options: RegistryOptions = {}, ...faults: readonly FaultRule[]) {
  const registry = await startRegistry(options);
  seedRepository(registry.repository('team/app'), IMAGE, 'v1');
  registry.fail(...faults);
  return { registry, repository: openRepositories(registry)('team/app') };
}

test('a manifest is read by tag and by digest', async () => {
  const { repository, registry } = await start();
  expect(await repository.readManifest('v1')).toEqual(ROOT);
  expect(await repository.readManifest(IMAGE.digest)).toEqual(ROOT);
  expect(await repository.headManifest('v1')).toEqual({
    digest: IMAGE.digest,
    sizeBytes: ROOT.bytes.length,
    mediaType: MEDIA_TYPE.ociIndex,
  });
  expect(await repository.headManifest('v2')).toBeNull();
  await expect(repository.readManifest('v2')).rejects.toMatchObject({ code: 'registry.not-found' });
  expect(registry.violations).toEqual([]);
});

test('where HEAD tells no digest, the manifest is read', async () => {
  const { repository } = await start({}, { method: 'HEAD', fault: { kind: 'digest-header', value: null } });
  expect((await repository.headManifest('v1'))?.digest).toBe(IMAGE.digest);
});

test.each<readonly [name: string, reference: string, fault: FaultRule['fault']]>([
  ['a wrong digest header', 'v1', { kind: 'digest-header', value: WRONG }],
  ['a wrong digest header of a digest', IMAGE.digest, { kind: 'digest-header', value: WRONG }],
  ['a byte that is another one', 'v1', { kind: 'flip-byte', at: 20 }],
  ['a byte that is missing', IMAGE.digest, { kind: 'resize-body', byBytes: -1 }],
])('%s is bad content', async (_name, reference, fault) => {
  const { repository } = await start({}, { method: 'GET', path: /manifests/, fault });
  await expect(repository.readManifest(reference)).rejects.toMatchObject({ code: 'registry.bad-content' });
});

test('a manifest that is sent as another type than it says is refused', async () => {
  const { repository, registry } = await start();
  registry.repository('team/app').manifests.set(IMAGE.digest, { ...IMAGE.root, mediaType: MEDIA_TYPE.ociManifest });
  await expect(repository.readManifest('v1')).rejects.toMatchObject({
    code: 'registry.bad-content',
    message: `reading the manifest v1: it is sent as ${MEDIA_TYPE.ociManifest} and calls itself ${MEDIA_TYPE.ociIndex}`,
  });
});

test('a manifest that is too long is refused', async () => {
  const { repository, registry } = await start();
  const bytes = Buffer.alloc(4 * 1024 * 1024 + 1, ' ');
  registry.repository('team/app').manifests.set(digestOf(bytes), { bytes, mediaType: MEDIA_TYPE.ociIndex });
  await expect(repository.readManifest(digestOf(bytes))).rejects.toMatchObject({ code: 'registry.bad-content' });
});

test.each<readonly [name: string, faults: readonly FaultRule[]]>([
  ['nothing', []],
  ['a lost answer', [{ method: 'PUT', fault: { kind: 'no-answer', isDone: true } }]],
  ['eleven cuts', [{ method: 'PUT', times: 11, fault: { kind: 'cut-request', afterBytes: 10 } }]],
  ['no digest in the answer', [{ method: 'PUT', fault: { kind: 'digest-header', value: null } }]],
])('a manifest is written in spite of %s', async (_name, faults) => {
  const { repository, registry } = await start({}, ...faults);
  await repository.writeManifest(ROOT, null);
  await repository.writeManifest(ROOT, 'v2');
  expect(registry.repository('team/app').tags.get('v2')).toBe(IMAGE.digest);
  expect(registry.violations).toEqual([]);
});

test('another digest than the one that was written is told of', async () => {
  const { repository } = await start({}, { method: 'PUT', fault: { kind: 'digest-header', value: WRONG } });
  await expect(repository.writeManifest(ROOT, 'v2')).rejects.toMatchObject({
    code: 'registry.bad-content',
    message: `writing the manifest v2: the registry took it for ${WRONG}, not ${IMAGE.digest}`,
  });
});

test('what a registry misses has a code of its own', async () => {
  const fault = { kind: 'status', status: 404, code: 'MANIFEST_BLOB_UNKNOWN', message: 'blob unknown' } as const;
  const { repository } = await start({}, { method: 'PUT', fault });
  await expect(repository.writeManifest(ROOT, 'v2')).rejects.toMatchObject({ code: 'registry.incomplete' });
});

test.each([{ hasReferrers: true, pageSize: 1 }, DISTRIBUTION_2_8])('referrers are found: %j', async (options) => {
  const { repository, registry } = await start(options);
  const subject = { mediaType: MEDIA_TYPE.ociIndex, digest: IMAGE.digest, size: ROOT.bytes.length };
  expect(await repository.listReferrers(IMAGE.digest)).toEqual([]);
  const artifacts = [2, 3, 4].map((seed) =>
    seededImage({ seed, subject, artifactType: `application/vnd.test.${seed}` }),
  );
  for (const artifact of artifacts)
    seedRepository(registry.repository('team/app'), { ...artifact, manifests: new Map() });
  await Promise.all(artifacts.map(({ root, digest }) => repository.writeManifest({ ...root, digest }, null)));
  const [first] = artifacts;
  if (first !== undefined) await repository.writeManifest({ ...first.root, digest: first.digest }, null);
  const found = await repository.listReferrers(IMAGE.digest);
  expect(found.map(({ digest, artifactType }) => [digest, artifactType]).toSorted()).toEqual(
    artifacts.map(({ digest }, index) => [digest, `application/vnd.test.${index + 2}`]).toSorted(),
  );
  expect(registry.violations).toEqual([]);
});

test('tags are listed page by page', async () => {
  const { repository, registry } = await start({ pageSize: 2 });
  for (const tag of ['v2', 'v3', 'v4', 'v5']) registry.repository('team/app').tags.set(tag, IMAGE.digest);
  expect(await repository.listTags()).toEqual(['v1', 'v2', 'v3', 'v4', 'v5']);
  await expect(openRepositories(registry)('team/none').listTags()).rejects.toMatchObject({
    code: 'registry.not-found',
  });
});
