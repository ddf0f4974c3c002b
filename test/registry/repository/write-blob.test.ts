import { expect, test, vi } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import type { BlobContent } from '../../../src/registry/repository/repository.ts';
import { openRepositories } from '../../support/registry-client.ts';
import type { FaultRule } from '../../support/registry/faults.ts';
import { DISTRIBUTION_2_8, type RegistryOptions } from '../../support/registry/options.ts';
import { seededBytes } from '../../support/registry/random.ts';
import { startRegistry } from '../../support/registry/registry.ts';

const BYTES = seededBytes(1, 300_000);

/** Gives chunks as a reader of archives does: the same memory each time. */
function contentOf(bytes: Buffer, chunkBytes = 7001): BlobContent {
  return {
    digest: digestOf(bytes),
    sizeBytes: bytes.length,
    origin: 'test',
    verify: () => Promise.resolve(),
    open: async function* (fromByte) {
      const shared = Buffer.alloc(chunkBytes);
      for (let at = fromByte; at < bytes.length; at += chunkBytes) {
        const length = bytes.copy(shared, 0, at, at + chunkBytes);
        yield shared.subarray(0, length);
        shared.fill(0);
      }
    },
  };
}

async function write(options: RegistryOptions, faults: readonly FaultRule[], bytes = BYTES) {
  const registry = await startRegistry(options);
  registry.fail(...faults);
  let moved = 0;
  const repository = openRepositories(registry)('team/app');
  const writing = repository.writeBlob(contentOf(bytes), { mountFrom: [], onBytes: (count) => (moved += count) });
  return { registry, repository, outcome: await writing, moved: () => moved };
}

const UPLOAD = /\/blobs\/uploads\//;
const PUT: Omit<FaultRule, 'fault'> = { method: 'PUT', path: UPLOAD };
const CUT: FaultRule = { ...PUT, fault: { kind: 'cut-request', afterBytes: 100_000 } };

test.each<readonly [name: string, options: RegistryOptions, faults: readonly FaultRule[]]>([
  ['nothing', {}, []],
  ['a Location from the root', { location: 'path' }, []],
  ['a relative Location', { location: 'relative' }, []],
  ['a Location that is a query', { location: 'query' }, []],
  ['a Location with a fragment', { location: 'fragment' }, []],
  ['a Location on another host', { location: 'other-host' }, []],
  ['a cut connection', {}, [CUT]],
  ['a cut connection, and the upload is forgotten', DISTRIBUTION_2_8, [CUT]],
  ['a reset', {}, [{ ...PUT, fault: { kind: 'cut-request', afterBytes: 1, isReset: true } }]],
  ['an answer that is lost', {}, [{ ...PUT, fault: { kind: 'no-answer', isDone: true } }]],
  ['no answer to POST', {}, [{ method: 'POST', fault: { kind: 'no-answer', isDone: false }, times: 5 }]],
  ['a lost session', {}, [{ ...PUT, fault: { kind: 'lose-upload' } }]],
  ['five times 503', {}, [{ ...PUT, fault: { kind: 'status', status: 503 }, times: 5 }]],
  ['429 with a pause', {}, [{ method: 'POST', fault: { kind: 'status', status: 429, retryAfter: 3 } }]],
  ['413 for the whole', { maxBodyBytes: 100_000 }, []],
  ['413 before the body is out', { maxBodyBytes: 100_000, answersEarly: true }, []],
  ['long pieces only', { maxBodyBytes: 200_000, chunkMinBytes: 140_000 }, []],
  [
    'cuts in pieces',
    { maxBodyBytes: 100_000 },
    [{ method: 'PATCH', nth: 2, times: 3, fault: { kind: 'cut-request', afterBytes: 1000 } }],
  ],
  [
    'pieces whose answer is lost',
    { maxBodyBytes: 100_000 },
    [{ method: 'PATCH', fault: { kind: 'no-answer', isDone: true } }],
  ],
])('a blob is sent in spite of %s', async (_name, options, faults) => {
  const { registry, outcome, moved } = await write(options, faults);
  expect(outcome).toBe('sent');
  expect(registry.repository('team/app').blobs.get(digestOf(BYTES))?.equals(BYTES)).toBe(true);
  expect(moved()).toBe(BYTES.length);
  expect(registry.violations).toEqual([]);
});

test('an upload that was cut goes on where it was', async () => {
  const { registry } = await write({}, [CUT]);
  const bodies = registry.requests.filter(({ bodyBytes }) => bodyBytes > 0);
  expect(bodies.map(({ method, headers }) => `${method} ${headers['content-range'] ?? ''}`)).toEqual([
    'PUT ',
    'PATCH 100000-299999',
  ]);
});

test('a way that cuts after a few bytes again and again is got over, as long as each time some come through', async () => {
  const cut: FaultRule = { method: /PUT|PATCH/, times: 28, fault: { kind: 'cut-request', afterBytes: 10_000 } };
  const { registry, moved } = await write({}, [cut]);
  expect(registry.repository('team/app').blobs.size).toBe(1);
  expect(moved()).toBe(BYTES.length);
});

test('a blob that is there is not sent, and one of another repository is mounted', async () => {
  const { registry, repository } = await write({}, []);
  const options = { mountFrom: [], onBytes: () => undefined };
  expect(await repository.writeBlob(contentOf(BYTES), options)).toBe('present');
  const other = openRepositories(registry)('team/other');
  expect(await other.writeBlob(contentOf(BYTES), { ...options, mountFrom: ['team/none', 'team/app'] })).toBe('mounted');
  expect(registry.requests.filter(({ bodyBytes }) => bodyBytes > 0)).toHaveLength(1);
});

test('where nothing is mounted, the upload that was begun instead is used', async () => {
  const registry = await startRegistry({ hasMount: false });
  const repository = openRepositories(registry)('team/app');
  const options = { mountFrom: ['team/other'], onBytes: () => undefined };
  expect(await repository.writeBlob(contentOf(BYTES), options)).toBe('sent');
  expect(registry.requests.map(({ method }) => method)).toEqual(['GET', 'HEAD', 'POST', 'PUT']);
});

test('an empty blob is sent', async () => {
  const { registry } = await write({}, [], Buffer.alloc(0));
  expect(registry.repository('team/app').blobs.size).toBe(1);
});

test.each<readonly [name: string, fault: FaultRule, error: object]>([
  [
    'six times 500',
    { ...PUT, times: 6, fault: { kind: 'status', status: 500, code: 'UNKNOWN', message: 'disk\u001b[31m full' } },
    {
      code: 'registry.gave-up',
      message: `sending the blob ${digestOf(BYTES)}: the registry answered 500 UNKNOWN: disk\\u001b[31m full 6 times`,
      hint: 'try again later; what is there already is not sent again',
    },
  ],
  [
    'a pause that is too long',
    { ...PUT, fault: { kind: 'status', status: 429, retryAfter: 3600 } },
    { code: 'registry.gave-up', message: expect.stringMatching(/answered 429 and asks for a pause of 3600 s$/) },
  ],
  [
    '403',
    {
      method: 'POST',
      fault: { kind: 'status', status: 403, code: 'DENIED', message: 'see https://x.test/?token=abc' },
    },
    {
      code: 'registry.denied',
      message: `sending the blob ${digestOf(BYTES)}: the registry answered 403 DENIED: see https://x.test/?…`,
    },
  ],
  [
    '404',
    { method: 'POST', fault: { kind: 'status', status: 404, code: 'NAME_UNKNOWN' } },
    { code: 'registry.not-found' },
  ],
  ['400', { ...PUT, fault: { kind: 'status', status: 400, code: 'UNSUPPORTED' } }, { code: 'registry.refused' }],
  [
    'a wrong digest',
    { ...PUT, fault: { kind: 'status', status: 400, code: 'DIGEST_INVALID' } },
    { code: 'registry.bad-content' },
  ],
])('%s ends it', async (_name, fault, error) => {
  await expect(write({}, [fault])).rejects.toMatchObject(error);
});

test('a limit that was met once is kept to, by the next blob and after a lost upload', async () => {
  const registry = await startRegistry({ maxBodyBytes: 100_000 });
  registry.fail({ method: 'PATCH', nth: 5, fault: { kind: 'lose-upload' } });
  const repository = openRepositories(registry)('team/app');
  const other = Buffer.alloc(BYTES.length, 3);
  for (const bytes of [BYTES, other])
    await repository.writeBlob(contentOf(bytes), { mountFrom: [], onBytes: () => undefined });
  expect(
    registry.requests.filter(({ status }) => status === 413).map(({ headers }) => headers['content-length']),
  ).toEqual(['300000', '150000']);
  expect(registry.violations).toEqual([]);
});

test('a limit that no piece is below ends it', async () => {
  await expect(write({ maxBodyBytes: 1000 }, [])).rejects.toMatchObject({
    code: 'registry.too-large',
    message: `sending the blob ${digestOf(BYTES)}: the registry answered 413`,
  });
});

test('a source with another length than it says is told of, and not sent again', async () => {
  const registry = await startRegistry();
  const repository = openRepositories(registry)('team/app');
  const short = { ...contentOf(BYTES), sizeBytes: BYTES.length + 1 };
  await expect(repository.writeBlob(short, { mountFrom: [], onBytes: () => undefined })).rejects.toMatchObject({
    code: 'registry.bad-content',
    message: expect.stringMatching(/its source has 300000 bytes instead of 300001$/),
  });
});

test('what the source throws comes through', async () => {
  const registry = await startRegistry();
  const repository = openRepositories(registry)('team/app');
  const failing: BlobContent = {
    ...contentOf(BYTES),
    // eslint-disable-next-line require-yield
    open: async function* () {
      throw new Error('the disk is gone');
    },
  };
  await expect(repository.writeBlob(failing, { mountFrom: [], onBytes: () => undefined })).rejects.toThrow(
    'the disk is gone',
  );
});

test.each([
  ['the registry says the digest', {}, 0],
  ['the registry says nothing of it', { hashesBlobs: false }, 1],
] as const)('bytes are hashed here only where nobody else vouches for them: %s', async (_, options, times) => {
  const registry = await startRegistry(options);
  const repository = openRepositories(registry)('team/app');
  const verify = vi.fn<() => Promise<void>>(() => Promise.resolve());
  const content = { ...contentOf(BYTES), verify };
  expect(await repository.writeBlob(content, { mountFrom: [], onBytes: () => undefined })).toBe('sent');
  expect(verify).toHaveBeenCalledTimes(times);
});

test('a refused digest is looked at here first, even of a blob in pieces', async () => {
  const registry = await startRegistry({ maxBodyBytes: 100_000 });
  const repository = openRepositories(registry)('team/app');
  const wrong = { ...contentOf(BYTES), digest: digestOf('another') };
  const verify = () => Promise.reject(new Error('damaged here'));
  await expect(repository.writeBlob({ ...wrong, verify }, { mountFrom: [], onBytes: () => undefined })).rejects.toThrow(
    'damaged here',
  );
  expect(registry.repository('team/app').blobs.size).toBe(0);
});

test('silence is not waited for without end', async () => {
  const registry = await startRegistry();
  registry.fail({ ...PUT, fault: { kind: 'stall', afterBytes: null } });
  const repository = openRepositories(registry, { timeouts: { answerMs: 50 } })('team/app');
  const small = contentOf(BYTES.subarray(0, 10));
  expect(await repository.writeBlob(small, { mountFrom: [], onBytes: () => undefined })).toBe('sent');
});
