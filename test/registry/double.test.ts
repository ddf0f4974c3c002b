import { Agent, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { fixture } from '../support/archives.ts';
import { openRegistry, type TestRegistry } from '../support/registry/open-registry.ts';
import { DISTRIBUTION_2_8, type RegistryOptions } from '../support/registry/options.ts';
import { seededBytes } from '../support/registry/random.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { seedFromLayout } from '../support/registry/seed-from-layout.ts';
import { seededImage, seedRepository } from '../support/registry/seeded-image.ts';
import { TEST_TLS } from '../support/registry/test-tls.ts';
import { transientFaults } from '../support/registry/transient-faults.ts';

const OCTETS = 'application/octet-stream';
const ABSENT: Digest = `sha256:${'a'.repeat(64)}`;
const BEARER = { kind: 'bearer', user: 'ann', password: 'pass-word', refreshToken: 'refresh-me' } as const;
const BASIC_ANN = `Basic ${Buffer.from('ann:pass-word').toString('base64')}`;

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly agent?: Agent;
  readonly ca?: string;
}

interface Got {
  /** 0 where no answer came. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Code of what ended the connection; null where the answer was whole. */
  readonly error: string | null;
}

/** One request with exactly these headers, a Content-Length besides. */
function send(url: string, { method = 'GET', headers = {}, body, agent, ca }: Sent = {}): Promise<Got> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let answered: Pick<Got, 'status' | 'headers'> = { status: 0, headers: {} };
    const end = (error: string | null) => resolve({ ...answered, body: Buffer.concat(chunks), error });
    const hasLength = body !== undefined || ['POST', 'PUT', 'PATCH'].includes(method);
    const length = hasLength && headers['transfer-encoding'] === undefined ? Buffer.byteLength(body ?? '') : null;
    const outgoing = request(
      url,
      {
        method,
        headers: { ...(length === null ? {} : { 'content-length': length }), ...headers },
        agent: agent ?? false,
        ...(ca === undefined ? {} : { ca }),
      },
      (response) => {
        const entries = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
        answered = { status: response.statusCode ?? 0, headers: Object.fromEntries(entries) };
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => end(null));
        response.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
      },
    );
    outgoing.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    outgoing.end(body);
  });
}

/** Status and code of the registry's error. */
function codeOf({ status, body }: Got): readonly [number, string | undefined] {
  const document: unknown = JSON.parse(body.toString());
  return [status, (document as { errors: { code: string }[] }).errors[0]?.code];
}

async function begin(registry: TestRegistry, name = 'a/b'): Promise<string> {
  const path = `/v2/${name}/blobs/uploads/`;
  const { headers } = await send(`${registry.url}${path}`, { method: 'POST' });
  return locate(`${registry.url}${path}`, headers);
}

/** Where an upload goes on; the fragment does not belong to what is sent. */
function locate(from: string, headers: Got['headers']): string {
  return new URL(headers['location'] ?? '', from).href.replace(/#.*/, '');
}

function chunk(start: number, body: string): Sent {
  const range = `${start}-${start + body.length - 1}`;
  return { method: 'PATCH', headers: { 'content-type': OCTETS, 'content-range': range }, body };
}

function whole(body: Uint8Array | string): Sent {
  return { method: 'PUT', headers: { 'content-type': OCTETS }, body };
}

function asManifest(body: Uint8Array | object, type: string = MEDIA_TYPE.ociManifest): Sent {
  const bytes = body instanceof Uint8Array ? body : JSON.stringify(body);
  return { method: 'PUT', headers: { 'content-type': type }, body: bytes };
}

/** A registry that holds one image of two platforms as `a/b:latest`. */
async function startSeeded(options: RegistryOptions = {}) {
  const registry = await startRegistry(options);
  const image = seededImage({ layers: [5000, 300], platforms: ['linux/amd64', 'linux/arm64'] });
  seedRepository(registry.repository('a/b'), image, 'latest');
  const [blob] = image.blobs.keys();
  if (blob === undefined) throw new Error('an image without blobs');
  return { registry, image, blob, blobUrl: `${registry.url}/v2/a/b/blobs/${blob}` };
}

test('takes a blob by PUT, and records what came', async () => {
  const registry = await startRegistry();
  const put = await send(`${await begin(registry)}&digest=${digestOf('hello')}`, whole('hello'));
  expect([put.status, put.headers['docker-content-digest']]).toEqual([201, digestOf('hello')]);
  const got = await send(`${registry.url}${put.headers['location']}`);
  expect(got.body.toString()).toBe('hello');
  expect(registry.requests.map(({ method, status, bodyBytes }) => [method, status, bodyBytes])).toEqual([
    ['POST', 202, 0],
    ['PUT', 201, 5],
    ['GET', 200, 0],
  ]);
  expect([registry.violations, registry.openUploads()]).toEqual([[], 0]);
});

test('takes a blob in chunks, and says how far it came', async () => {
  const registry = await startRegistry();
  const first = await begin(registry);
  const patched = await send(first, chunk(0, 'hel'));
  expect([patched.status, patched.headers['range']]).toEqual([202, '0-2']);
  const shown = await send(locate(first, patched.headers));
  expect([shown.status, shown.headers['range']]).toEqual([204, '0-2']);
  const location = locate(first, shown.headers);
  expect(codeOf(await send(location, chunk(4, 'o')))).toEqual([416, 'BLOB_UPLOAD_INVALID']);
  const next = await send(location, chunk(3, 'lo'));
  const put = await send(`${locate(location, next.headers)}&digest=${digestOf('hello')}`, { method: 'PUT' });
  expect(put.status).toBe(201);
  expect(registry.repository('a/b').blobs.get(digestOf('hello'))?.toString()).toBe('hello');
  expect(registry.violations).toEqual([]);
});

test('takes a blob by POST alone, mounts one, and cancels an upload', async () => {
  const registry = await startRegistry();
  const digest = digestOf('hello');
  const uploads = `${registry.url}/v2/a/b/blobs/uploads/`;
  const posted = await send(`${uploads}?digest=${digest}`, { ...whole('hello'), method: 'POST' });
  expect(posted.status).toBe(201);
  const other = `${registry.url}/v2/c/blobs/uploads/`;
  const mounted = await send(`${other}?mount=${digest}&from=a/b`, { method: 'POST' });
  expect([mounted.status, mounted.headers['location']]).toEqual([201, `/v2/c/blobs/${digest}`]);
  const begun = await send(`${other}?mount=${ABSENT}&from=a/b`, { method: 'POST' });
  expect(begun.status).toBe(202);
  expect((await send(locate(other, begun.headers), { method: 'DELETE' })).status).toBe(204);
  expect([registry.openUploads(), registry.violations]).toEqual([0, []]);
});

test('begins an upload where a registry has no mount and no single POST', async () => {
  const registry = await startRegistry({ ...DISTRIBUTION_2_8, hasMount: false });
  registry.repository('c').blobs.set(digestOf('hello'), Buffer.from('hello'));
  const uploads = `${registry.url}/v2/a/b/blobs/uploads/`;
  const posted = await send(`${uploads}?digest=${digestOf('hello')}`, { ...whole('hello'), method: 'POST' });
  const mounted = await send(`${uploads}?mount=${digestOf('hello')}&from=c`, { method: 'POST' });
  expect([posted.status, mounted.status, registry.openUploads()]).toEqual([202, 202, 2]);
});

test('takes a stream as docker sends it, where it is told to', async () => {
  const registry = await startRegistry({ takesStreams: true, hasPlainState: true });
  const location = await begin(registry);
  expect(location).toMatch(/\?_state=[0-9a-f]+$/);
  const headers = { 'content-type': OCTETS, 'transfer-encoding': 'chunked' };
  const patched = await send(location, { method: 'PATCH', headers, body: 'hello' });
  const put = await send(`${locate(location, patched.headers)}&digest=${digestOf('hello')}`, { method: 'PUT' });
  expect([put.status, registry.violations]).toEqual([201, []]);
});

test.for([
  ['absolute', /^http:\/\/127\.0\.0\.1:\d+\/v2\/a\/b\/blobs\/uploads\/up-\w+\?_state=/],
  ['path', /^\/v2\/a\/b\/blobs\/uploads\/up-\w+\?_state=/],
  ['relative', /^up-\w+\?_state=/],
  ['query', /^\?_state=/],
  ['fragment', /^http:.*#not-to-be-sent$/],
  ['other-host', /^http:\/\/127\.0\.0\.1:\d+\/v2\//],
] as const)('writes a Location %s', async ([location, pattern]) => {
  const registry = await startRegistry({ location });
  const first = await begin(registry);
  const patched = await send(first, chunk(0, 'hello'));
  expect(patched.headers['location']).toMatch(pattern);
  const put = await send(`${locate(first, patched.headers)}&digest=${digestOf('hello')}`, { method: 'PUT' });
  expect([put.status, registry.violations]).toEqual([201, []]);
  const host = location === 'other-host' ? registry.hosts.other : registry.host;
  expect(new URL(first).host).toBe(host);
});

test('holds an upload to its last Location, byte for byte', async () => {
  const registry = await startRegistry();
  const first = await begin(registry);
  const { headers } = await send(first, chunk(0, 'hel'));
  const taken = new URL(locate(first, headers));
  taken.searchParams.append('digest', digestOf('hello'));
  expect(codeOf(await send(first, chunk(3, 'lo')))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  expect(codeOf(await send(taken.href, whole('lo')))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  expect(codeOf(await send(first.replace(/up-\w+/, 'up-0'), chunk(0, 'x')))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  expect((await send(locate(first, headers), chunk(3, 'lo'))).status).toBe(202);
  expect(registry.violations).toEqual([
    'PATCH to an upload of a/b by another address than the last Location',
    'PUT to an upload of a/b by another address than the last Location',
    'PATCH to an upload of a/b that never was',
  ]);
});

test('an upload that ended is unknown', async () => {
  const registry = await startRegistry();
  const location = `${await begin(registry)}&digest=${digestOf('hello')}`;
  expect(codeOf(await send(location, whole('hullo')))).toEqual([400, 'DIGEST_INVALID']);
  expect(codeOf(await send(location, whole('hello')))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  expect(registry.violations).toEqual(['PUT to an upload of a/b that had ended']);
});

test.for([
  ['an upload without its type', 'PUT', { 'content-type': 'text/plain' }, 400, 'BLOB_UPLOAD_INVALID'],
  ['a body of unknown length', 'PUT', { 'content-type': OCTETS, 'transfer-encoding': 'chunked' }, 411, 'SIZE_INVALID'],
  ['a chunk without a range', 'PATCH', { 'content-type': OCTETS }, 400, 'BLOB_UPLOAD_INVALID'],
  [
    'a range of another length',
    'PATCH',
    { 'content-type': OCTETS, 'content-range': '0-9' },
    400,
    'BLOB_UPLOAD_INVALID',
  ],
  [
    'a range with a unit',
    'PATCH',
    { 'content-type': OCTETS, 'content-range': 'bytes 0-4/5' },
    400,
    'BLOB_UPLOAD_INVALID',
  ],
] as const)('refuses %s', async ([, method, headers, status, code]) => {
  const registry = await startRegistry();
  const location = `${await begin(registry)}&digest=${digestOf('hello')}`;
  expect(codeOf(await send(location, { method, headers, body: 'hello' }))).toEqual([status, code]);
  expect(registry.violations).toHaveLength(1);
});

test.for([
  ['GET', '/v2/A/b/tags/list', 400, 'NAME_INVALID'],
  ['GET', '/v2/a..b/tags/list', 400, 'NAME_INVALID'],
  ['GET', '/v2/a/tags/list', 404, 'NAME_UNKNOWN'],
  ['GET', `/v2/a/blobs/${ABSENT}`, 404, 'BLOB_UNKNOWN'],
  ['GET', '/v2/a/blobs/sha256:abc', 400, 'DIGEST_INVALID'],
  ['GET', '/v2/a/manifests/-x', 400, 'TAG_INVALID'],
  ['GET', '/v2/a/manifests/sha256:abc', 400, 'DIGEST_INVALID'],
  ['GET', `/v2/a/manifests/${ABSENT}`, 404, 'MANIFEST_UNKNOWN'],
  ['POST', '/v2/a/tags/list', 405, 'UNSUPPORTED'],
] as const)('refuses %s %s', async ([method, path, status, code]) => {
  const registry = await startRegistry();
  expect(codeOf(await send(`${registry.url}${path}`, { method }))).toEqual([status, code]);
});

test('enforces OCI-Chunk-Min-Length on every chunk but the last one', async () => {
  const registry = await startRegistry({ chunkMinBytes: 4 });
  const uploads = `${registry.url}/v2/a/b/blobs/uploads/`;
  const begun = await send(uploads, { method: 'POST' });
  expect(begun.headers['oci-chunk-min-length']).toBe('4');
  const first = await send(locate(uploads, begun.headers), chunk(0, 'hell'));
  const last = await send(locate(uploads, first.headers), chunk(4, 'o'));
  expect(codeOf(await send(locate(uploads, last.headers), chunk(5, '!')))).toEqual([400, 'SIZE_INVALID']);
  const put = await send(`${locate(uploads, last.headers)}&digest=${digestOf('hello')}`, { method: 'PUT' });
  expect([put.status, registry.violations]).toEqual([201, ['PATCH behind a chunk shorter than OCI-Chunk-Min-Length']]);
});

test('refuses bodies above a size as a proxy does, and smaller ones not', async () => {
  const registry = await startRegistry({ maxBodyBytes: 3 });
  const location = await begin(registry);
  const refused = await send(`${location}&digest=${digestOf('hello')}`, whole('hello'));
  expect([refused.status, refused.headers['content-type']]).toEqual([413, 'text/html']);
  expect((await send(location, chunk(0, 'hel'))).status).toBe(202);
  expect(registry.violations).toEqual([]);
});

test('answers before the body was read, if told to', async () => {
  const registry = await startRegistry({ maxBodyBytes: 3, answersEarly: true });
  const refused = await send(await begin(registry), chunk(0, 'hello'));
  expect([refused.status, registry.requests.at(-1)?.bodyBytes]).toEqual([413, 0]);
});

test('takes manifests whose content is there, and tags them', async () => {
  const { registry, image } = await startSeeded();
  const target = registry.repository('c');
  for (const [digest, bytes] of image.blobs) target.blobs.set(digest, bytes);
  const manifests = `${registry.url}/v2/c/manifests`;
  for (const [digest, { bytes, mediaType }] of image.manifests) {
    const put = await send(`${manifests}/${digest}`, asManifest(bytes, mediaType));
    expect([put.status, put.headers['docker-content-digest']]).toEqual([201, digest]);
  }
  const tagged = await send(`${manifests}/v1`, asManifest(image.root.bytes, image.root.mediaType));
  expect(tagged.headers['location']).toBe(`/v2/c/manifests/${image.digest}`);
  const headed = await send(`${manifests}/v1`, {
    method: 'HEAD',
    headers: { accept: `text/x, ${MEDIA_TYPE.ociIndex}` },
  });
  expect([headed.status, headed.headers['content-length'], headed.body.length]).toEqual([
    200,
    String(image.root.bytes.length),
    0,
  ]);
  expect([registry.violations, registry.checkIntegrity()]).toEqual([[], []]);
});

test('gives a manifest only where its type is accepted by name', async () => {
  const { registry } = await startSeeded();
  const url = `${registry.url}/v2/a/b/manifests/latest`;
  expect(codeOf(await send(url, { headers: { accept: '*/*' } }))).toEqual([404, 'MANIFEST_UNKNOWN']);
  expect((await send(url, { headers: { accept: MEDIA_TYPE.ociIndex } })).status).toBe(200);
});

test('refuses a tag on something incomplete', async () => {
  const { registry, image } = await startSeeded();
  const url = `${registry.url}/v2/c/manifests/latest`;
  const put = asManifest(image.root.bytes, image.root.mediaType);
  expect(codeOf(await send(url, put))).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
  const [amd64, arm64] = [...image.manifests.keys()];
  const missing = `${amd64}, which is missing, ${arm64}, which is missing`;
  expect(registry.violations).toEqual([`PUT of the tag latest before ${missing}`]);
  expect([...registry.repository('c').tags]).toEqual([]);
});

test('a registry that looks at nothing shows it in its integrity', async () => {
  const registry = await startRegistry({ takesIncomplete: true });
  const image = seededImage();
  const put = await send(`${registry.url}/v2/a/manifests/x`, asManifest(image.root.bytes));
  const [layer, config] = [...image.blobs.keys()];
  expect([put.status, registry.violations.length, registry.checkIntegrity()]).toEqual([
    201,
    1,
    [config, layer].map((digest) => `a@${image.digest} refers to ${digest}, which is missing`),
  ]);
});

test.for([
  ['no JSON', Buffer.from('{'), MEDIA_TYPE.ociManifest, 400, 'MANIFEST_INVALID'],
  ['no schema version', { mediaType: MEDIA_TYPE.ociManifest }, MEDIA_TYPE.ociManifest, 400, 'MANIFEST_INVALID'],
  ['another type than it says', { schemaVersion: 2, manifests: [] }, MEDIA_TYPE.dockerIndex, 400, 'MANIFEST_INVALID'],
  ['more than 4 MiB', Buffer.alloc(4 * 1024 * 1024 + 1, ' '), MEDIA_TYPE.ociManifest, 413, 'SIZE_INVALID'],
] as const)('refuses a manifest with %s', async ([, body, type, status, code]) => {
  const registry = await startRegistry();
  expect(codeOf(await send(`${registry.url}/v2/a/manifests/x`, asManifest(body, type)))).toEqual([status, code]);
});

test('refuses a manifest under the digest of another one, and a size that is not the blob’s', async () => {
  const { registry, image } = await startSeeded();
  const url = `${registry.url}/v2/a/b/manifests`;
  const put = asManifest(image.root.bytes, image.root.mediaType);
  expect(codeOf(await send(`${url}/${ABSENT}`, put))).toEqual([400, 'DIGEST_INVALID']);
  const [child] = image.manifests.values();
  const wrong = Buffer.from(child?.bytes.toString().replace('"size":5000', '"size":5001') ?? '');
  expect(codeOf(await send(`${url}/x`, asManifest(wrong)))).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
});

test('lists tags in pages', async () => {
  const { registry, image } = await startSeeded({ pageSize: 2 });
  for (const tag of ['b', 'a', 'Z']) registry.repository('a/b').tags.set(tag, image.digest);
  const url = `${registry.url}/v2/a/b/tags/list`;
  const first = await send(url);
  expect(JSON.parse(first.body.toString())).toEqual({ name: 'a/b', tags: ['Z', 'a'] });
  expect(first.headers['link']).toBe('</v2/a/b/tags/list?n=2&last=a>; rel="next"');
  const second = await send(`${url}?n=2&last=a`);
  expect(JSON.parse(second.body.toString())).toEqual({ name: 'a/b', tags: ['b', 'latest'] });
  expect(second.headers['link']).toBeUndefined();
  expect(JSON.parse((await send(`${url}?n=0`)).body.toString())).toEqual({ name: 'a/b', tags: [] });
});

test('lists referrers, by artifact type and in pages', async () => {
  const { registry, image } = await startSeeded({ pageSize: 1 });
  const subject = { mediaType: image.root.mediaType, digest: image.digest, size: image.root.bytes.length };
  const url = `${registry.url}/v2/a/b`;
  for (const [seed, artifactType] of [
    [1, 'text/one'],
    [2, 'text/one'],
    [3, 'text/two'],
  ] as const) {
    const made = seededImage({ seed, layers: [10], subject, artifactType });
    for (const [digest, bytes] of made.blobs) registry.repository('a/b').blobs.set(digest, bytes);
    const put = await send(`${url}/manifests/${made.digest}`, asManifest(made.root.bytes));
    expect([put.status, put.headers['oci-subject']]).toEqual([201, image.digest]);
  }
  const first = await send(`${url}/referrers/${image.digest}?artifactType=text/one`);
  expect(first.headers['oci-filters-applied']).toBe('artifactType');
  const link = /<(.*)>; rel="next"/.exec(first.headers['link'] ?? '')?.[1] ?? '';
  const second = await send(`${registry.url}${link}`);
  const types = [first, second].map(({ body }) => JSON.parse(body.toString()).manifests[0].artifactType);
  expect([types, second.headers['link']]).toEqual([['text/one', 'text/one'], undefined]);
  expect(registry.violations).toEqual([]);
});

test('a registry without referrers has no address for them', async () => {
  const { registry, image } = await startSeeded({ hasReferrers: false });
  expect((await send(`${registry.url}/v2/a/b/referrers/${image.digest}`)).status).toBe(404);
});

test('serves ranges of blobs', async () => {
  const { registry, image, blob, blobUrl } = await startSeeded();
  const bytes = image.blobs.get(blob) ?? Buffer.alloc(0);
  const middle = await send(blobUrl, { headers: { range: 'bytes=10-19' } });
  expect([middle.status, middle.headers['content-range'], middle.body]).toEqual([
    206,
    'bytes 10-19/5000',
    bytes.subarray(10, 20),
  ]);
  const rest = await send(blobUrl, { headers: { range: 'bytes=4990-' } });
  expect([rest.status, rest.body.length]).toEqual([206, 10]);
  const behind = await send(blobUrl, { headers: { range: 'bytes=5000-' } });
  expect([behind.status, behind.headers['content-range']]).toEqual([416, 'bytes */5000']);
  expect(registry.violations).toEqual([]);
});

test('serves whole blobs where it has no ranges', async () => {
  const { blobUrl } = await startSeeded({ hasRanges: false });
  const got = await send(blobUrl, { headers: { range: 'bytes=10-19' } });
  expect([got.status, got.body.length]).toEqual([200, 5000]);
});

test('sends blobs from storage to whoever has the signed address, and no credentials', async () => {
  const { registry, blobUrl } = await startSeeded({ redirectsBlobs: true, signedUses: 2 });
  const { status, headers } = await send(blobUrl);
  const address = headers['location'] ?? '';
  expect([status, new URL(address).host]).toEqual([307, registry.hosts.storage]);
  expect((await send(blobUrl, { method: 'HEAD' })).status).toBe(200);
  expect((await send(address, { headers: { range: 'bytes=1-2' } })).status).toBe(206);
  expect((await send(address, { headers: { authorization: BASIC_ANN } })).status).toBe(400);
  expect((await send(address)).body).toHaveLength(5000);
  expect((await send(address)).status).toBe(403);
  expect(registry.violations).toEqual(['GET /bucket/blob to storage with Basic credentials, where none are wanted']);
});

test('lets in by Basic', async () => {
  const { registry, blobUrl } = await startSeeded({ auth: { kind: 'basic', user: 'ann', password: 'pass-word' } });
  const refused = await send(blobUrl);
  expect([codeOf(refused), refused.headers['www-authenticate']]).toEqual([
    [401, 'UNAUTHORIZED'],
    'Basic realm="test registry"',
  ]);
  expect((await send(blobUrl, { headers: { authorization: BASIC_ANN } })).status).toBe(200);
  expect(registry.violations).toEqual([]);
});

/** A token from the token server, by Basic credentials or without. */
async function getToken(registry: TestRegistry, scope: string, authorization?: string): Promise<Got> {
  const url = `${registry.url.replace(registry.host, registry.hosts.tokens)}/token?service=forkwright-test-registry&scope=${scope}`;
  return send(url, authorization === undefined ? {} : { headers: { authorization } });
}

function bearer({ body }: Got): Sent['headers'] {
  const document = JSON.parse(body.toString());
  return { authorization: `Bearer ${document.token ?? document.access_token}` };
}

test('lets in by tokens for one repository and its actions', async () => {
  const { registry, blobUrl } = await startSeeded({ auth: BEARER });
  const realm = `http://${registry.hosts.tokens}/token`;
  const challenge = `Bearer realm="${realm}",service="forkwright-test-registry"`;
  expect((await send(`${registry.url}/v2/`)).headers['www-authenticate']).toBe(challenge);
  expect((await send(blobUrl)).headers['www-authenticate']).toBe(`${challenge},scope="repository:a/b:pull"`);
  expect((await getToken(registry, 'repository:a/b:pull')).status).toBe(401);
  const headers = bearer(await getToken(registry, 'repository:a/b:pull', BASIC_ANN)) ?? {};
  expect((await send(blobUrl, { headers })).status).toBe(200);
  const push = await send(`${registry.url}/v2/a/b/blobs/uploads/`, { method: 'POST', headers });
  expect([push.status, push.headers['www-authenticate']]).toEqual([
    401,
    `${challenge},scope="repository:a/b:pull,push",error="insufficient_scope"`,
  ]);
  const mount = await send(`${registry.url}/v2/c/blobs/uploads/?mount=${ABSENT}&from=a/b`, { method: 'POST' });
  expect(mount.headers['www-authenticate']).toBe(`${challenge},scope="repository:c:pull,push repository:a/b:pull"`);
  expect(registry.violations).toEqual([]);
});

test('tokens end by use and by command', async () => {
  const auth = {
    ...BEARER,
    isPullAnonymous: true,
    tokenUses: 2,
    tokenField: 'access_token',
    expiresInSeconds: 300,
  } as const;
  const { registry, blobUrl } = await startSeeded({ auth });
  const given = await getToken(registry, 'repository:a/b:pull,push');
  expect(Object.keys(JSON.parse(given.body.toString()))).toEqual(['access_token', 'expires_in']);
  const statuses: number[] = [];
  for (let use = 0; use < 3; use++) statuses.push((await send(blobUrl, { headers: bearer(given) ?? {} })).status);
  expect(statuses).toEqual([200, 200, 401]);
  const fresh = await getToken(registry, 'repository:a/b:pull');
  registry.expireTokens();
  const expired = await send(blobUrl, { headers: bearer(fresh) ?? {} });
  expect([expired.status, expired.headers['www-authenticate']]).toEqual([
    401,
    expect.stringContaining('error="invalid_token"'),
  ]);
  expect(registry.violations).toEqual([]);
});

test.for([
  ['a refresh token', 'grant_type=refresh_token&refresh_token=refresh-me', 200],
  ['a password', 'grant_type=password&username=ann&password=pass-word', 200],
  ['a wrong password', 'grant_type=password&username=ann&password=guess', 401],
] as const)('answers a grant by %s', async ([, grant, status]) => {
  const { registry, blobUrl } = await startSeeded({ auth: BEARER });
  const body = `${grant}&service=forkwright-test-registry&client_id=test&scope=repository:a/b:pull`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const got = await send(`http://${registry.hosts.tokens}/token`, { method: 'POST', headers, body });
  expect(got.status).toBe(status);
  if (status === 200) expect((await send(blobUrl, { headers: bearer(got) ?? {} })).status).toBe(200);
  expect(registry.violations).toEqual([]);
});

test('credentials where they have no business are violations', async () => {
  const { registry, blobUrl } = await startSeeded({ auth: { ...BEARER, hasGrants: false }, location: 'other-host' });
  await send(blobUrl, { headers: { authorization: BASIC_ANN } });
  await send(blobUrl, { headers: { authorization: 'Bearer made-elsewhere' } });
  await send(`${blobUrl}?password=pass%2Dword`);
  const headers = bearer(await getToken(registry, 'repository:a/b:pull,push', BASIC_ANN)) ?? {};
  const begun = await send(`${registry.url}/v2/a/b/blobs/uploads/`, { method: 'POST', headers });
  await send(begun.headers['location'] ?? '', { headers });
  expect((await send(`http://${registry.hosts.tokens}/token`, { method: 'POST' })).status).toBe(405);
  const path = blobUrl.replace(registry.url, '');
  expect(registry.violations.map((text) => text.replace(/up-\w+/, 'ID'))).toEqual([
    `GET ${path} to the registry with Basic credentials, where bearer are wanted`,
    `GET ${path} with a token of somebody else`,
    `GET ${path} with a secret in its address`,
    'GET /v2/a/b/blobs/uploads/ID to another host with Bearer credentials, where none are wanted',
  ]);
});

test('repeating what was refused is a violation', async () => {
  const { registry, blobUrl } = await startSeeded();
  registry.fail({ path: /blobs/, times: 3, fault: { kind: 'status', status: 403, code: 'DENIED' } });
  expect(codeOf(await send(blobUrl))).toEqual([403, 'DENIED']);
  await send(blobUrl, { method: 'HEAD' });
  await send(blobUrl);
  await send(blobUrl);
  expect(registry.violations).toEqual([
    `GET ${blobUrl.replace(registry.url, '')} was repeated unchanged after 403`,
    `GET ${blobUrl.replace(registry.url, '')} was repeated unchanged after 403`,
  ]);
});

test('speaks https on every host', async () => {
  const { registry, blobUrl } = await startSeeded({ tls: TEST_TLS, redirectsBlobs: true, auth: BEARER });
  expect((await send(blobUrl)).error).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  const ca = TEST_TLS.ca;
  const token = await send(
    `https://${registry.hosts.tokens}/token?service=forkwright-test-registry&scope=repository:a/b:pull`,
    { ca, headers: { authorization: BASIC_ANN } },
  );
  const redirected = await send(blobUrl, { ca, headers: bearer(token) ?? {} });
  expect((await send(redirected.headers['location'] ?? '', { ca })).body).toHaveLength(5000);
  registry.fail({ listener: 'storage', fault: { kind: 'cut-answer', afterBytes: 1000, isReset: true } });
  const again = await send(blobUrl, { ca, headers: bearer(token) ?? {} });
  expect((await send(again.headers['location'] ?? '', { ca })).error).toBe('ECONNRESET');
});

test('counts the connections of a host', async () => {
  const { registry, blobUrl } = await startSeeded();
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  await Promise.all(Array.from({ length: 6 }, () => send(blobUrl, { agent })));
  expect(registry.connections()).toEqual({ open: 2, most: 2 });
  expect(registry.connections('storage')).toEqual({ open: 0, most: 0 });
  agent.destroy();
});

const LOCATION_FAULTS = ['path', 'relative', 'other-host'] as const;

test.for(LOCATION_FAULTS)('a fault writes one Location %s', async (style) => {
  const registry = await startRegistry();
  registry.fail({ method: 'POST', nth: 2, fault: { kind: 'location', style } });
  expect(await begin(registry)).toContain(registry.url);
  const location = await begin(registry);
  expect(new URL(location).host).toBe(style === 'other-host' ? registry.hosts.other : registry.host);
  expect((await send(`${location}&digest=${digestOf('x')}`, whole('x'))).status).toBe(201);
});

test.for([true, false])('cuts a request after some bytes (reset: %s), which stay', async (isReset) => {
  const registry = await startRegistry();
  registry.fail({ method: 'PATCH', fault: { kind: 'cut-request', afterBytes: 3, isReset } });
  const location = await begin(registry);
  const cut = await send(location, chunk(0, 'hello'));
  expect([cut.status, cut.error]).toEqual([0, 'ECONNRESET']);
  const shown = await send(location);
  expect([shown.status, shown.headers['range']]).toEqual([204, '0-2']);
  const patched = await send(locate(location, shown.headers), chunk(3, 'lo'));
  const put = await send(`${locate(location, patched.headers)}&digest=${digestOf('hello')}`, { method: 'PUT' });
  expect([put.status, registry.violations]).toEqual([201, []]);
  expect(registry.requests[1]).toMatchObject({ method: 'PATCH', status: null, bodyBytes: 3, fault: 'cut-request' });
});

test('a cut upload is lost where the registry keeps none, as with distribution', async () => {
  const registry = await startRegistry(DISTRIBUTION_2_8);
  registry.fail({ method: 'PATCH', fault: { kind: 'cut-request', afterBytes: 3 } });
  const location = await begin(registry);
  await send(location, chunk(0, 'hello'));
  expect(codeOf(await send(location))).toEqual([404, 'BLOB_UPLOAD_INVALID']);
  expect(registry.violations).toEqual([]);
});

test('an answer that got lost is no violation of the client', async () => {
  const registry = await startRegistry();
  const fault = { kind: 'no-answer', isDone: true } as const;
  registry.fail({ method: 'PATCH', fault }, { method: 'PUT', fault });
  const location = await begin(registry);
  expect((await send(location, chunk(0, 'hello'))).error).toBe('ECONNRESET');
  expect(codeOf(await send(location, chunk(0, 'hello')))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  const shown = await send(location);
  expect(shown.headers['range']).toBe('0-4');
  const final = `${locate(location, shown.headers)}&digest=${digestOf('hello')}`;
  expect((await send(final, { method: 'PUT' })).error).toBe('ECONNRESET');
  expect(codeOf(await send(final, { method: 'PUT' }))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  expect([...registry.repository('a/b').blobs.keys()]).toEqual([digestOf('hello')]);
  expect(registry.violations).toEqual([]);
});

test('without an answer, and without the work', async () => {
  const registry = await startRegistry();
  registry.fail({ method: 'PUT', fault: { kind: 'no-answer', isDone: false, isReset: true } });
  const location = `${await begin(registry)}&digest=${digestOf('hello')}`;
  expect((await send(location, whole('hello'))).error).toMatch(/ECONNRESET|EPIPE/);
  expect(registry.repository('a/b').blobs.size).toBe(0);
  expect((await send(location, whole('hello'))).status).toBe(201);
});

test.for([408, 425, 429, 499, 500, 502, 503, 504, 522])('answers %i once', async (status) => {
  const { registry, blobUrl } = await startSeeded();
  registry.fail({ fault: { kind: 'status', status, retryAfter: 7 } });
  const got = await send(blobUrl);
  expect([got.status, got.headers['retry-after'], got.headers['content-type']]).toEqual([status, '7', 'text/html']);
  expect((await send(blobUrl)).status).toBe(200);
});

test('answers Retry-After as a date, and the registry’s own error', async () => {
  const { registry, blobUrl } = await startSeeded();
  const retryAfter = 'Wed, 21 Oct 2026 07:28:00 GMT';
  registry.fail({ fault: { kind: 'status', status: 429, retryAfter, code: 'TOOMANYREQUESTS', message: 'slow down' } });
  const got = await send(blobUrl);
  expect([codeOf(got), got.headers['retry-after']]).toEqual([[429, 'TOOMANYREQUESTS'], retryAfter]);
});

test('an error may be answered although the work was done', async () => {
  const registry = await startRegistry();
  registry.fail({ method: 'PUT', fault: { kind: 'status', status: 504, isDone: true } });
  const location = `${await begin(registry)}&digest=${digestOf('hello')}`;
  expect((await send(location, whole('hello'))).status).toBe(504);
  expect(registry.repository('a/b').blobs.has(digestOf('hello'))).toBe(true);
  expect((await send(location, whole('hello'))).status).toBe(404);
  expect(registry.violations).toEqual([]);
});

test('tokens expire and uploads get lost midway', async () => {
  const registry = await startRegistry({ auth: { ...BEARER, fixedToken: 'the-token' } });
  const headers = { authorization: 'Bearer the-token' };
  const uploads = `${registry.url}/v2/a/b/blobs/uploads/`;
  const location = locate(uploads, (await send(uploads, { method: 'POST', headers })).headers);
  registry.fail({ nth: 1, fault: { kind: 'lose-upload' } }, { nth: 2, fault: { kind: 'expire-token' } });
  expect(codeOf(await send(location, { headers }))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  expect(codeOf(await send(uploads, { method: 'POST', headers }))).toEqual([401, 'UNAUTHORIZED']);
  expect(registry.violations).toEqual([]);
});

test.for([
  ['cut', { kind: 'cut-answer', afterBytes: 1234 }, 1234, '5000', 'ECONNRESET'],
  ['reset', { kind: 'cut-answer', afterBytes: 0, isReset: true }, 0, '5000', 'ECONNRESET'],
  ['shorter than it should be', { kind: 'resize-body', byBytes: -1 }, 4999, '4999', null],
  ['longer than it should be', { kind: 'resize-body', byBytes: 2 }, 5002, '5002', null],
  ['slow', { kind: 'trickle', bytes: 1000, everyMs: 1 }, 5000, '5000', null],
] as const)('a blob’s answer is %s', async ([, fault, length, declared, error]) => {
  const { registry, blobUrl } = await startSeeded();
  registry.fail({ method: 'GET', fault });
  const got = await send(blobUrl);
  expect([got.status, got.body.length, got.headers['content-length'], got.error]).toEqual([
    200,
    length,
    declared,
    error,
  ]);
});

test('an answer stalls before or behind its headers', async () => {
  const { registry, blobUrl } = await startSeeded();
  registry.fail({ fault: { kind: 'stall', afterBytes: null } }, { nth: 2, fault: { kind: 'stall', afterBytes: 10 } });
  const waited: (readonly [number, number])[] = [];
  for (let turn = 0; turn < 2; turn++) {
    await new Promise<void>((resolve) => {
      const request = requestHttp(blobUrl, { agent: false }, (response) => {
        response.on('data', (bytes: Buffer) => waited.push([response.statusCode ?? 0, bytes.length]));
        response.on('error', () => resolve());
      });
      request.on('error', () => resolve());
      request.setTimeout(100, () => request.destroy());
      request.end();
    });
  }
  expect(waited).toEqual([[200, 10]]);
});

test('bytes and digests are wrong, as told', async () => {
  const { registry, image, blob, blobUrl } = await startSeeded();
  const headers = { accept: MEDIA_TYPE.ociIndex };
  registry.fail(
    { path: /blobs/, fault: { kind: 'flip-byte', at: 5003 } },
    { path: /manifests/, fault: { kind: 'digest-header', value: ABSENT } },
    { path: /manifests/, nth: 2, fault: { kind: 'digest-header', value: null } },
  );
  const flipped = (await send(blobUrl)).body;
  const bytes = image.blobs.get(blob) ?? Buffer.alloc(0);
  expect([...bytes.keys()].filter((at) => flipped[at] !== bytes[at])).toEqual([3]);
  const answered: (string | undefined)[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const got = await send(`${registry.url}/v2/a/b/manifests/latest`, { headers });
    answered.push(got.headers['docker-content-digest']);
  }
  expect(answered).toEqual([ABSENT, undefined, image.digest]);
});

test('a tag moves meanwhile', async () => {
  const { registry, image } = await startSeeded();
  const [digest] = image.manifests.keys();
  if (digest === undefined) throw new Error('an image without manifests');
  registry.fail({ path: /a\/b/, nth: 2, fault: { kind: 'move-tag', tag: 'latest', digest } });
  const headers = { accept: `${MEDIA_TYPE.ociIndex},${MEDIA_TYPE.ociManifest}` };
  const seen: (string | undefined)[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const got = await send(`${registry.url}/v2/a/b/manifests/latest`, { method: 'HEAD', headers });
    seen.push(got.headers['docker-content-digest']);
  }
  expect(seen).toEqual([image.digest, digest, digest]);
});

test('faults at random come again with their seed', () => {
  const play = (seed: number, rate: number) => {
    const plan = transientFaults(seed, rate);
    return Array.from({ length: 400 }, (_, index) =>
      plan({
        listener: 'registry',
        method: ['GET', 'PUT'][index % 2] ?? '',
        url: `/v2/a/blobs/${index % 7}`,
        bodyBytes: index % 2,
      }),
    );
  };
  expect(play(1, 0.5)).toEqual(play(1, 0.5));
  expect(play(1, 0.5)).not.toEqual(play(2, 0.5));
  expect(play(1, 0).filter((fault) => fault !== null)).toEqual([]);
  const kinds = new Set(play(3, 1).map((fault) => fault?.kind));
  expect([...kinds].toSorted()).toEqual(['cut-answer', 'cut-request', 'expire-token', 'no-answer', 'status']);
});

test('faults at random stop at the most that are wanted', () => {
  const plan = transientFaults(1, 1, { most: 2 });
  const target = { listener: 'registry', method: 'GET', url: '/v2/', bodyBytes: 0 } as const;
  expect(Array.from({ length: 5 }, () => plan(target) !== null)).toEqual([true, true, false, false, false]);
});

test('seeded images are whole, and the same every time', async () => {
  const registry = await startRegistry();
  const make = (seed: number) => seededImage({ seed, layers: [100, 7], platforms: ['linux/amd64', 'linux/arm/v7'] });
  expect([make(4).digest, make(4).digest === make(5).digest]).toEqual([make(4).digest, false]);
  expect([...make(4).blobs.values()].map((bytes) => bytes.length).filter((length) => length < 101)).toEqual([
    100, 7, 7,
  ]);
  seedRepository(registry.repository('a'), make(4), 'one', 'two');
  expect([...registry.repository('a').tags]).toEqual([
    ['one', make(4).digest],
    ['two', make(4).digest],
  ]);
  expect(registry.checkIntegrity()).toEqual([]);
  expect(seededBytes(1, 5)).toEqual(seededBytes(1, 8).subarray(0, 5));
});

test('takes over what an archive holds', async () => {
  const registry = await startRegistry();
  const digest = await seedFromLayout(registry.repository('zoo'), fixture('buildx-oci-multi-attested.tar'), 'latest');
  expect(registry.repository('zoo').tags.get('latest')).toBe(digest);
  expect(registry.repository('zoo').manifests.size).toBeGreaterThan(2);
  expect(registry.checkIntegrity()).toEqual([]);
});

test('integrity names every kind of damage', async () => {
  const { registry, image, blob } = await startSeeded();
  const repository = registry.repository('a/b');
  repository.tags.set('gone', ABSENT);
  repository.blobs.set(blob, Buffer.from('other'));
  repository.manifests.set(digestOf('{}'), { bytes: Buffer.from('{}'), mediaType: 'text/plain' });
  const [amd64, arm64] = image.manifests.keys();
  const damage = `refers to ${blob} with 5000 bytes, which has 5`;
  expect(registry.checkIntegrity()).toEqual([
    `a/b:gone points to ${ABSENT}, which is missing`,
    `a/b: the blob ${blob} has other bytes`,
    `a/b@${amd64} ${damage}`,
    `a/b@${arm64} ${damage}`,
    `a/b@${digestOf('{}')} is no manifest`,
  ]);
});

test('stops reading a request, and its connection stays open', async () => {
  const registry = await startRegistry();
  registry.fail({ method: 'PATCH', fault: { kind: 'stall-request', afterBytes: 2 } });
  const location = await begin(registry);
  const isEnded = await new Promise<boolean>((resolve) => {
    const { headers, body } = chunk(0, 'hello');
    const options = { method: 'PATCH', agent: false, headers: { ...headers, 'content-length': 5 } };
    const request = requestHttp(location, options, () => resolve(true));
    request.setTimeout(100, () => resolve(false));
    request.on('error', () => resolve(true));
    request.end(body);
  });
  expect([isEnded, registry.connections().open, registry.requests.at(-1)?.bodyBytes]).toEqual([false, 1, 2]);
});

/**
 * A client that does everything as the specification wants it, for one thing only: pushing an image. Every step may be
 * done again; it gives up after so many of them.
 */
async function pushCarefully(registry: TestRegistry, image: ReturnType<typeof seededImage>, steps = 200) {
  const headers = { authorization: BASIC_ANN };
  let left = steps;
  const attempt = async (url: string, sent: Sent): Promise<Got | null> => {
    if (left-- <= 0) throw new Error('given up');
    const got = await send(url, {
      ...sent,
      headers: { ...sent.headers, ...(url.includes(registry.host) ? headers : {}) },
    });
    return got.error !== null || got.status === 0 || got.status === 429 || got.status > 499 ? null : got;
  };
  const until = async (isGood: (got: Got) => boolean, step: () => Promise<Got | null>): Promise<Got> => {
    for (;;) {
      const got = await step();
      if (got !== null && isGood(got)) return got;
    }
  };
  const pushBlob = async (digest: Digest, bytes: Buffer) => {
    const uploads = `${registry.url}/v2/a/blobs/uploads/`;
    for (;;) {
      const head = await until(isDecided, () => attempt(uploads.replace('uploads/', digest), { method: 'HEAD' }));
      if (head.status === 200) return;
      const begun = await until(
        ({ status }) => status === 202,
        () => attempt(uploads, { method: 'POST' }),
      );
      let location = locate(uploads, begun.headers);
      let offset = 0;
      // A piece, then the rest, then the end; after whatever went wrong, what the registry says it has.
      for (;;) {
        const piece = bytes.subarray(offset, offset === 0 ? 700 : bytes.length).toString('latin1');
        const isLast = offset === bytes.length;
        const patch = { ...chunk(offset, piece), body: Buffer.from(piece, 'latin1') };
        const got = await attempt(
          isLast ? `${location}&digest=${digest}` : location,
          isLast ? { method: 'PUT' } : patch,
        );
        if (got?.status === 201 || got?.status === 404) break;
        const shown = got?.status === 202 ? got : await until(isDecided, () => attempt(location, {}));
        if (shown.status === 404) break;
        location = locate(location, shown.headers);
        offset = Number(shown.headers['range']?.slice(2)) + 1;
        // 0-0 is nothing, or one byte: begun anew, to be sure.
        if (offset === 1) break;
      }
    }
  };
  const isDecided = ({ status }: Got) => [200, 204, 404].includes(status);
  for (const [digest, bytes] of image.blobs) await pushBlob(digest, bytes);
  const put = (reference: string, { bytes, mediaType }: (typeof image)['root']) =>
    until(
      ({ status }) => status === 201,
      () => attempt(`${registry.url}/v2/a/manifests/${reference}`, asManifest(bytes, mediaType)),
    );
  for (const [digest, manifest] of image.manifests) await put(digest, manifest);
  await put('latest', image.root);
}

test('a client that keeps to the rules gets there through any faults, and is blamed for nothing', async () => {
  const image = seededImage({ layers: [3000, 50], platforms: ['linux/amd64', 'linux/arm64'] });
  const options = fc.record({
    location: fc.constantFrom('absolute', 'path', 'relative', 'query', 'fragment', 'other-host'),
    keepsCutUploads: fc.boolean(),
    answersEarly: fc.boolean(),
    redirectsBlobs: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.constantFrom(0.1, 0.4), options, async (seed, rate, more) => {
      const registry = await openRegistry({ ...more, auth: { kind: 'basic', user: 'ann', password: 'pass-word' } });
      try {
        registry.fail(transientFaults(seed, rate));
        await pushCarefully(registry, image);
        expect([registry.violations, registry.checkIntegrity()]).toEqual([[], []]);
        expect(registry.repository('a').tags.get('latest')).toBe(image.digest);
        expect(registry.repository('a').blobs).toEqual(image.blobs);
      } finally {
        await registry.close();
      }
    }),
    { numRuns: 15 },
  );
});
