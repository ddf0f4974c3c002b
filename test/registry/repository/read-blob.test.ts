import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import type { Repository } from '../../../src/registry/repository/repository.ts';
import { openRepositories } from '../../support/registry-client.ts';
import type { Fault, FaultRule } from '../../support/registry/faults.ts';
import type { RegistryOptions } from '../../support/registry/options.ts';
import { seededBytes } from '../../support/registry/random.ts';
import { startRegistry } from '../../support/registry/registry.ts';

const BYTES = seededBytes(2, 300_000);
const BLOB = { digest: digestOf(BYTES), sizeBytes: BYTES.length };
const GET: Omit<FaultRule, 'fault'> = { method: 'GET', path: /\/blobs\// };

type Blob = typeof BLOB;
type Consume = (
  repository: Repository,
  blob: Blob,
  fromByte: number,
  take: (chunk: Uint8Array) => void,
) => Promise<void>;

/** As a reader asks for them, and as they come. */
const WAYS: readonly (readonly [name: string, consume: Consume])[] = [
  [
    'readBlob',
    async (repository, blob, fromByte, take) => {
      for await (const chunk of repository.readBlob(blob, fromByte)) take(chunk);
    },
  ],
  ['takeBlob', (repository, blob, fromByte, take) => repository.takeBlob(blob, fromByte, take)],
];

describe.each(WAYS)('%s', (_way, consume) => {
  async function read(options: RegistryOptions, faults: readonly FaultRule[], { blob = BLOB, fromByte = 0 } = {}) {
    const registry = await startRegistry(options);
    registry.repository('team/app').blobs.set(BLOB.digest, BYTES);
    registry.fail(...faults);
    const chunks: Buffer[] = [];
    const repository = openRepositories(registry, { timeouts: { idleMs: 100 } })('team/app');
    await consume(repository, blob, fromByte, (chunk) => chunks.push(Buffer.from(chunk)));
    return { bytes: Buffer.concat(chunks), registry };
  }

  test.each<readonly [name: string, options: RegistryOptions, faults: readonly FaultRule[]]>([
    ['nothing', {}, []],
    ['twenty cuts', {}, [{ ...GET, times: 20, fault: { kind: 'cut-answer', afterBytes: 10_000 } }]],
    ['a reset', {}, [{ ...GET, fault: { kind: 'cut-answer', afterBytes: 1, isReset: true } }]],
    [
      'cuts, where ranges are not known',
      { hasRanges: false },
      [{ ...GET, times: 3, fault: { kind: 'cut-answer', afterBytes: 90_000 } }],
    ],
    ['silence in the midst', {}, [{ ...GET, fault: { kind: 'stall', afterBytes: 1000 } }]],
    ['a redirect to storage', { redirectsBlobs: true, auth: { kind: 'none' } }, []],
    [
      'signed addresses that are good for one request',
      { redirectsBlobs: true, signedUses: 1 },
      [{ ...GET, path: /./, listener: 'storage', times: 3, fault: { kind: 'cut-answer', afterBytes: 50_000 } }],
    ],
    ['503 five times', {}, [{ ...GET, times: 5, fault: { kind: 'status', status: 503 } }]],
  ])('a blob is read in spite of %s', async (_name, options, faults) => {
    const { bytes, registry } = await read(options, faults);
    expect(bytes.equals(BYTES)).toBe(true);
    expect(registry.violations).toEqual([]);
  });

  test('what broke off is asked for from there on', async () => {
    const { registry } = await read({}, [{ ...GET, fault: { kind: 'cut-answer', afterBytes: 1000 } }], { fromByte: 5 });
    const ranges = registry.requests.filter(({ path }) => path.includes('/blobs/')).map(({ headers }) => headers.range);
    expect(ranges[0]).toBe('bytes=5-299999');
    expect(ranges[1]).toMatch(/^bytes=1005-299999$/);
  });

  test.each([true, false])('a blob is read from a byte on; ranges: %s', async (hasRanges) => {
    const { bytes } = await read({ hasRanges }, [], { fromByte: 299_990 });
    expect(bytes.equals(BYTES.subarray(299_990))).toBe(true);
  });

  test.each<readonly [name: string, fault: Fault | null, sizeBytes: number, error: object]>([
    [
      'a blob that is shorter',
      { kind: 'resize-body', byBytes: -1 },
      BYTES.length,
      {
        code: 'registry.bad-content',
        message: `reading the blob ${BLOB.digest}: the registry has 299999 bytes of it, not 300000`,
      },
    ],
    ['a blob that is longer', { kind: 'resize-body', byBytes: 1 }, BYTES.length, { code: 'registry.bad-content' }],
    ['a size that is wrong', null, BYTES.length - 1, { code: 'registry.bad-content' }],
    [
      'a blob that is not there',
      { kind: 'status', status: 404, code: 'BLOB_UNKNOWN', message: 'unknown' },
      BYTES.length,
      { code: 'registry.not-found', place: expect.stringMatching(/^127\.0\.0\.1:\d+\/team\/app$/) },
    ],
  ])('%s is an error', async (_name, fault, sizeBytes, error) => {
    const faults = fault === null ? [] : [{ ...GET, fault }];
    await expect(read({}, faults, { blob: { ...BLOB, sizeBytes } })).rejects.toMatchObject(error);
  });

  test('a server that sends a byte now and then is not waited for for ever', async () => {
    const registry = await startRegistry();
    registry.repository('team/app').blobs.set(BLOB.digest, BYTES);
    registry.fail({ ...GET, fault: { kind: 'trickle', bytes: 1, everyMs: 10 } });
    const timeouts = { totalMs: 100, slowestBytesPerSecond: 1e9 };
    const repository = openRepositories(registry, { timeouts })('team/app');
    await expect(consume(repository, BLOB, 0, () => undefined)).rejects.toMatchObject({
      code: 'registry.gave-up',
      message: `reading the blob ${BLOB.digest}: it was not done within 1 s`,
    });
  });

  test('Ctrl-C ends it with its own reason', async () => {
    const registry = await startRegistry();
    registry.repository('team/app').blobs.set(BLOB.digest, BYTES);
    registry.fail({ ...GET, fault: { kind: 'stall', afterBytes: 1000 } });
    const controller = new AbortController();
    const repository = openRepositories(registry, { signal: controller.signal })('team/app');
    const interrupt = () => controller.abort(new Error('interrupted'));
    await expect(consume(repository, BLOB, 0, interrupt)).rejects.toThrow('interrupted');
  });

  test('what is thrown over a piece ends it at once, and gives the connection back', async () => {
    const registry = await startRegistry();
    registry.repository('team/app').blobs.set(BLOB.digest, BYTES);
    const repository = openRepositories(registry)('team/app');
    const refuse = () => {
      throw new Error('the disk is full');
    };
    await expect(consume(repository, BLOB, 0, refuse)).rejects.toThrow('the disk is full');
    expect(registry.requests.filter(({ path }) => path.includes('/blobs/'))).toHaveLength(1);
    expect(await repository.hasBlob(BLOB.digest)).toBe(true);
  });
});

test('whoever stops reading gives the connection back', async () => {
  const registry = await startRegistry();
  registry.repository('team/app').blobs.set(BLOB.digest, BYTES);
  const repository = openRepositories(registry)('team/app');
  for await (const _ of repository.readBlob(BLOB)) break;
  expect(await repository.hasBlob(BLOB.digest)).toBe(true);
});
