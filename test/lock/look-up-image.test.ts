import { expect, test } from 'vitest';
import { lookUpImage } from '../../src/lock/look-up-image.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import { createRegistryClient } from '../../src/registry/registry-client.ts';
import { seededImage, seedRepository, type SeededImage } from '../support/registry/seeded-image.ts';
import { startRegistry } from '../support/registry/registry.ts';

async function lookUp(image: SeededImage, platforms: readonly string[], spoil?: (image: SeededImage) => void) {
  const registry = await startRegistry();
  seedRepository(registry.repository('tool'), image, '1');
  spoil?.(image);
  const signal = new AbortController().signal;
  const client = createRegistryClient({ env: {}, signal, findCredentials: () => Promise.resolve(null) });
  const reference = parseReference(`${registry.host}/tool:1`);
  try {
    return await lookUpImage(reference, platforms.map(parsePlatform), client.repository(reference));
  } finally {
    client.close();
  }
}

test('of an index, the manifests of the platforms that are wanted, or of the next older variant', async () => {
  const image = seededImage({ platforms: ['linux/amd64', 'linux/arm64', 'linux/arm/v6'] });
  const { image: found, listed } = await lookUp(image, ['linux/amd64', 'linux/arm/v7', 'linux/s390x']);
  const [amd64, , armv6] = [...image.manifests.keys()];
  expect(found).toEqual({
    kind: 'registry',
    index: image.digest,
    platforms: new Map([
      ['linux/amd64', { digest: amd64, createdSeconds: null }],
      ['linux/arm/v7', { digest: armv6, createdSeconds: null }],
    ]),
  });
  expect(listed).toEqual(['linux/amd64', 'linux/arm64', 'linux/arm/v6']);
});

test('a name that stands for one manifest has the platform of its config, and no index', async () => {
  const image = seededImage({ platforms: ['linux/arm64'] });
  const { image: found, listed } = await lookUp(image, ['linux/amd64', 'linux/arm64']);
  const platforms = new Map([['linux/arm64', { digest: image.digest, createdSeconds: null }]]);
  expect([found, listed]).toEqual([{ kind: 'registry', index: null, platforms }, ['linux/arm64']]);
});

test('a config that is not what its digest says is refused', async () => {
  const image = seededImage();
  const spoil = ({ blobs }: SeededImage) => {
    for (const [digest, bytes] of blobs) {
      if (bytes.includes('"architecture"')) bytes[bytes.indexOf('amd64')] = 0x62;
      if (digestOf(bytes) !== digest) return;
    }
  };
  await expect(lookUp(image, ['linux/amd64'], spoil)).rejects.toMatchObject({
    code: 'lock.no-image',
    message: 'the config of the image is not what its digest says',
  });
});
