import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ForkwrightError } from '../../src/errors.ts';
import { createRegistryClient } from '../../src/registry/registry-client.ts';
import { SIGNAL } from '../support/archives.ts';
import { openRegistry } from '../support/registry/open-registry.ts';
import { DISTRIBUTION_2_8, type RegistryOptions } from '../support/registry/options.ts';
import { seededImage } from '../support/registry/seeded-image.ts';
import { transientFaults } from '../support/registry/transient-faults.ts';

const IMAGE = seededImage({ layers: [100, 60_000] });
const ANN = { username: 'ann', secret: 'pass-of-ann', identityToken: null, registryToken: null, source: 'test' };
const KINDS: readonly RegistryOptions[] = [
  {},
  DISTRIBUTION_2_8,
  { auth: { kind: 'bearer', user: 'ann', password: 'pass-of-ann', tokenUses: 3 }, redirectsBlobs: true },
  { maxBodyBytes: 70_000, location: 'relative', hasRanges: false },
];

/** Writes an image and reads it back; gives what went wrong, null where nothing did. */
async function writeAndRead(options: RegistryOptions, seed: number, rate: number): Promise<string | null> {
  const registry = await openRegistry(options);
  const client = createRegistryClient({
    env: {},
    signal: SIGNAL,
    findCredentials: () => Promise.resolve(ANN),
    pauses: { random: () => 0, sleep: () => Promise.resolve() },
  });
  try {
    registry.fail(transientFaults(seed, rate));
    const repository = client.repository({ registry: registry.host, repository: 'team/app' });
    await Promise.all(
      [...IMAGE.blobs].map(async ([digest, bytes]) => {
        const open = async function* (fromByte: number) {
          yield bytes.subarray(fromByte);
        };
        let moved = 0;
        const content = { digest, sizeBytes: bytes.length, origin: 'test', verify: () => Promise.resolve(), open };
        const outcome = await repository.writeBlob(content, { mountFrom: [], onBytes: (count) => (moved += count) });
        expect(moved).toBe(outcome === 'sent' ? bytes.length : 0);
        const read: Uint8Array[] = [];
        for await (const chunk of repository.readBlob({ digest, sizeBytes: bytes.length }))
          read.push(Buffer.from(chunk));
        expect(Buffer.concat(read).equals(bytes)).toBe(true);
      }),
    );
    await repository.writeManifest({ ...IMAGE.root, digest: IMAGE.digest }, 'v1');
    expect((await repository.readManifest('v1')).bytes.equals(IMAGE.root.bytes)).toBe(true);
    return null;
  } catch (error) {
    if (!(error instanceof ForkwrightError)) throw error;
    return error.code;
  } finally {
    expect(registry.checkIntegrity()).toEqual([]);
    expect(registry.violations).toEqual([]);
    client.close();
    await registry.close();
  }
}

test('whatever passes, an image is written and read as it is, or there is an error', { timeout: 60_000 }, async () => {
  const property = fc.asyncProperty(
    fc.constantFrom(...KINDS),
    fc.integer({ min: 0, max: 1_000_000 }),
    fc.constantFrom(0.1, 0.3, 0.6),
    async (options, seed, rate) => {
      const failed = await writeAndRead(options, seed, rate);
      if (failed !== null) expect(failed).toBe('registry.gave-up');
      // With one fault in ten requests, six tries are enough.
      if (rate === 0.1) expect(failed).toBeNull();
    },
  );
  await fc.assert(property, { numRuns: 15 });
});
