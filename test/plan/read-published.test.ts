import { expect, test } from 'vitest';
import { ATTESTATION } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { readPublished } from '../../src/plan/read-published.ts';
import { annotateInputs, makeRecord } from '../../src/plan/record.ts';
import { openRepositories } from '../support/registry-client.ts';
import { seededImage, seedRepository } from '../support/registry/seeded-image.ts';
import { startRegistry } from '../support/registry/registry.ts';

const RECORD = makeRecord({ platform: 'linux/arm/v7', 'image alpine': 'sha256:1' });

function child(seed: string, architecture: string, more: object = {}) {
  const platform = { os: architecture === 'unknown' ? 'unknown' : 'linux', architecture };
  return { mediaType: MEDIA_TYPE.ociManifest, digest: digestOf(seed), size: 7, platform, ...more };
}

async function serve(manifests: readonly object[]) {
  const registry = await startRegistry();
  const stored = registry.repository('tool');
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests }));
  stored.manifests.set(digestOf(bytes), { bytes, mediaType: MEDIA_TYPE.ociIndex });
  stored.tags.set('1', digestOf(bytes));
  const name = `${registry.host}/tool:1`;
  const repository = openRepositories(registry)('tool');
  return { registry, repository, name, digest: digestOf(bytes) };
}

test('an index says by one request what its images were built from', async () => {
  const annotations = annotateInputs(RECORD);
  const { registry, repository, name, digest } = await serve([
    child('amd64', 'amd64', { annotations: { other: 'x' } }),
    child('arm', 'arm', { annotations }),
    child('arm, again', 'arm'),
    child('statement', 'unknown', {
      annotations: { ...annotations, [ATTESTATION.typeKey]: ATTESTATION.typeValue },
    }),
    child('other', 's390x', { annotations: { ...annotateInputs(RECORD), 'io.forkwright.input-hash': 'x' } }),
    { ...child('nested', 'riscv64'), mediaType: MEDIA_TYPE.ociIndex },
  ]);
  expect(await readPublished(name, '1', repository)).toEqual({
    name,
    digest,
    platforms: new Map([
      ['linux/amd64', { digest: digestOf('amd64'), record: null }],
      ['linux/arm/v7', { digest: digestOf('arm'), record: RECORD }],
      ['linux/s390x', { digest: digestOf('other'), record: null }],
    ]),
  });
  expect(registry.requests.filter(({ url }) => url.includes('/manifests/'))).toHaveLength(1);
  expect(await readPublished(name, digest, repository)).toMatchObject({ digest });
});

test('a single manifest does not say its platform', async () => {
  const registry = await startRegistry();
  const image = seededImage();
  seedRepository(registry.repository('tool'), image, '1');
  const repository = openRepositories(registry)('tool');
  const published = await readPublished('tool:1', '1', repository);
  expect(published).toEqual({ name: 'tool:1', digest: image.digest, platforms: new Map() });
  expect(registry.requests.filter(({ url }) => url.includes('/manifests/'))).toHaveLength(1);
});

test('a tag that is not there is null, a registry that does not say is an error', async () => {
  const { registry, repository, name } = await serve([]);
  expect(await readPublished(name, '2', repository)).toBeNull();
  registry.fail({ method: 'GET', path: /manifests/, fault: { kind: 'status', status: 403, code: 'DENIED' } });
  await expect(readPublished(name, '1', repository)).rejects.toMatchObject({ code: 'registry.denied' });
});
