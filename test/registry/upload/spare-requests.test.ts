import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { createRegistryClient } from '../../../src/registry/registry-client.ts';
import { SIGNAL } from '../../support/archives.ts';
import { seededBytes, seededRandom } from '../../support/registry/random.ts';

/**
 * Takes uploads as distribution 2.8 does: a request says in its address where it begins, and an upload of another size is
 * thrown away; what has been accepted writes where it began. Connections are lost as `cuts` says, after so many bytes.
 */
async function startDistribution(cuts: () => number) {
  const blobs = new Map<string, Buffer>();
  const sizes = new Map<string, number>();
  const stored = new Map<string, Buffer>();
  let [made, lost] = [0, 0];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    const [id, digest] = [url.searchParams.get('id') ?? '', url.searchParams.get('digest')];
    const answer = (status: number, headers: Record<string, string> = {}) => response.writeHead(status, headers).end();
    const next = (at: number) => ({
      location: `/v2/a/blobs/uploads/x?id=${id}&at=${at}`,
      range: `0-${Math.max(at - 1, 0)}`,
    });
    if (request.method === 'POST') {
      sizes.set(String(++made), 0);
      stored.set(String(made), Buffer.alloc(400_000));
      return answer(202, { location: `/v2/a/blobs/uploads/x?id=${made}&at=0` });
    }
    if (id === '') return answer(url.pathname === '/v2/' || blobs.has(url.pathname.slice(13)) ? 200 : 404);
    const start = Number(url.searchParams.get('at'));
    if (sizes.get(id) !== start) {
      if (sizes.delete(id)) lost++;
      return answer(404, {});
    }
    if (request.method === 'GET') return answer(204, next(start));
    let at = start;
    const end = cuts();
    const settle = () => sizes.has(id) && sizes.set(id, Math.max(sizes.get(id) ?? 0, at));
    request.on('data', (chunk: Buffer) => {
      const taken = chunk.subarray(0, Math.max(0, start + end - at));
      stored.get(id)?.set(taken, at);
      at += taken.length;
      if (taken.length < chunk.length) request.socket.destroy();
    });
    request.on('close', settle);
    request.on('end', () => {
      settle();
      if (digest === null) return answer(202, next(at));
      const bytes = stored.get(id)?.subarray(0, at) ?? Buffer.alloc(0);
      if (digestOf(bytes) !== digest) return answer(400);
      blobs.set(digest, bytes);
      return answer(201);
    });
    return response;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, blobs, lost: () => lost };
}

test('where half a piece takes the whole upload along, spare connections bring it through', async () => {
  const random = seededRandom(7);
  const { host, blobs, lost } = await startDistribution(() => Math.floor(-Math.log(1 - random()) * 30_000));
  const bytes = seededBytes(3, 300_000);
  const client = createRegistryClient({
    env: {},
    signal: SIGNAL,
    findCredentials: () => Promise.resolve(null),
    pauses: { random: () => 0, sleep: () => Promise.resolve() },
  });
  onTestFinished(() => client.close());
  const content = {
    digest: digestOf(bytes),
    sizeBytes: bytes.length,
    origin: 'test',
    verify: () => Promise.resolve(),
    open: async function* (fromByte: number) {
      yield bytes.subarray(fromByte);
    },
  };
  let moved = 0;
  const options = { mountFrom: [], onBytes: (count: number) => (moved += count) };
  expect(await client.repository({ registry: host, repository: 'a' }).writeBlob(content, options)).toBe('sent');
  expect(blobs.get(content.digest)?.equals(bytes)).toBe(true);
  expect(moved).toBe(bytes.length);
  // Without spares, one of 20 000 uploads would come through.
  expect(lost()).toBeLessThan(5);
});
