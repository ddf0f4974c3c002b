import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Credentials } from '../../../src/registry/access/credentials.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { openRepositories } from '../../support/registry-client.ts';
import type { AuthOptions, BearerOptions, RegistryOptions } from '../../support/registry/options.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import { seededImage, seedRepository } from '../../support/registry/seeded-image.ts';
import { TEST_TLS } from '../../support/registry/test-tls.ts';

const IMAGE = seededImage({ layers: [50_000] });
const USER = { user: 'ann', password: 'pass-of-ann' } as const;
const BEARER: BearerOptions = { kind: 'bearer', ...USER };
const ANN: Credentials = {
  username: USER.user,
  secret: USER.password,
  identityToken: null,
  registryToken: null,
  source: 'config.json',
};

async function start(options: RegistryOptions, credentials: Credentials | null = ANN) {
  const registry = await startRegistry(options);
  seedRepository(registry.repository('team/app'), IMAGE, 'v1');
  const open = openRepositories(registry, { findCredentials: () => Promise.resolve(credentials) });
  return { registry, open, repository: open('team/app') };
}

/** Writes the image into another repository, mounting what can be, and reads it back. */
async function moveImage(open: Awaited<ReturnType<typeof start>>['open']): Promise<void> {
  const target = open('team/copy');
  for (const [digest, bytes] of IMAGE.blobs) {
    const content = {
      digest,
      sizeBytes: bytes.length,
      origin: 'test',
      verify: () => Promise.resolve(),
      open: async function* () {
        yield bytes;
      },
    };
    await target.writeBlob(content, { mountFrom: digest.endsWith('0') ? ['team/app'] : [], onBytes: () => undefined });
  }
  await target.writeManifest({ ...IMAGE.root, digest: IMAGE.digest }, 'v1');
  expect((await target.readManifest('v1')).digest).toBe(IMAGE.digest);
}

test.each<readonly [name: string, auth: AuthOptions, credentials: Credentials | null]>([
  ['nothing', { kind: 'none' }, null],
  ['Basic', { kind: 'basic', ...USER }, ANN],
  ['Bearer', BEARER, ANN],
  ['access_token', { ...BEARER, tokenField: 'access_token' }, ANN],
  ['tokens that are good once', { ...BEARER, tokenUses: 1 }, ANN],
  ['tokens that are good for 60 seconds', { ...BEARER, expiresInSeconds: 60 }, ANN],
  [
    'an identity token',
    { ...BEARER, refreshToken: 'refresh' },
    { ...ANN, username: '<token>', secret: '', identityToken: 'refresh' },
  ],
  [
    'an identity token where grants are not known',
    { ...BEARER, hasGrants: false },
    { ...ANN, identityToken: 'refresh' },
  ],
  ['a registry token', { ...BEARER, fixedToken: 'given' }, { ...ANN, registryToken: 'given' }],
])('an image is written and read with %s', async (_name, auth, credentials) => {
  const { open, registry } = await start({ auth }, credentials);
  await moveImage(open);
  expect(registry.violations).toEqual([]);
  expect(registry.checkIntegrity()).toEqual([]);
});

test('a token that expires midway is renewed', async () => {
  const { open, registry } = await start({ auth: BEARER });
  registry.fail({ method: 'PUT', path: /uploads/, fault: { kind: 'expire-token' } });
  registry.fail({ method: 'PUT', path: /manifests/, fault: { kind: 'expire-token' } });
  await moveImage(open);
  expect(registry.violations).toEqual([]);
});

test('public images need no credentials', async () => {
  const { repository, registry } = await start({ auth: { ...BEARER, isPullAnonymous: true } }, null);
  expect((await repository.readManifest('v1')).digest).toBe(IMAGE.digest);
  expect(registry.requests.some(({ headers }) => headers.authorization?.startsWith('Basic'))).toBe(false);
});

test('one token is fetched for requests at the same time', async () => {
  const { repository, registry } = await start({ auth: BEARER });
  await Promise.all(
    [...IMAGE.blobs.keys()].flatMap((digest) => [repository.hasBlob(digest), repository.hasBlob(digest)]),
  );
  expect(registry.requests.filter(({ listener }) => listener === 'tokens')).toHaveLength(1);
});

test.each<readonly [name: string, auth: AuthOptions, credentials: Credentials | null, message: RegExp, hint: RegExp]>([
  [
    'no credentials',
    { kind: 'basic', ...USER },
    null,
    /answered 401 UNAUTHORIZED: authentication required$/,
    /^no credentials for 127/,
  ],
  [
    'wrong ones',
    { kind: 'basic', ...USER },
    { ...ANN, secret: 'wrong-secret' },
    /answered 401/,
    /^the credentials of config\.json are not taken/,
  ],
  [
    'wrong ones for a token',
    BEARER,
    { ...ANN, secret: 'wrong-secret' },
    /which gives tokens for .* answered 40[13]/,
    /config\.json/,
  ],
])('%s are told of, and nothing of the secret', async (_name, auth, credentials, message, hint) => {
  const { repository } = await start({ auth }, credentials);
  const error: unknown = await repository.readManifest('v1').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'registry.unauthorized',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
  expect(JSON.stringify(error) + String(error)).not.toContain('secret');
});

test('credentials do not go along to storage or to other hosts', async () => {
  const options = { auth: BEARER, redirectsBlobs: true, location: 'other-host' } as const;
  const { open, registry } = await start(options);
  await moveImage(open);
  const [digest = IMAGE.digest, bytes = Buffer.alloc(0)] = [...IMAGE.blobs][0] ?? [];
  for await (const _ of open('team/copy').readBlob({ digest, sizeBytes: bytes.length })) continue;
  const strangers = registry.requests.filter(({ listener }) => listener === 'other' || listener === 'storage');
  expect(strangers.length).toBeGreaterThan(1);
  expect(strangers.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  expect(registry.violations).toEqual([]);
});

test('TLS: a private authority is trusted by its file, or nothing is asked, or it is an error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forkwright-ca-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, TEST_TLS.ca);
  const registry = await startRegistry({ tls: TEST_TLS });
  seedRepository(registry.repository('team/app'), IMAGE, 'v1');
  const read = (options: Parameters<typeof openRepositories>[1]) =>
    openRepositories(registry, options)('team/app').readManifest('v1');
  expect((await read({ caFile })).digest).toBe(IMAGE.digest);
  expect((await read({ env: { SSL_CERT_FILE: caFile } })).digest).toBe(IMAGE.digest);
  expect((await read({ insecure: [registry.host] })).digest).toBe(IMAGE.digest);
  await expect(read({})).rejects.toMatchObject({
    code: 'registry.certificate',
    message: expect.stringMatching(/^reaching 127.*: the certificate of 127.* is not trusted \(\w+\)$/),
  });
  await expect(read({ caFile: join(folder, 'none.pem') })).rejects.toMatchObject({ code: 'registry.certificate' });
});

test('a proxy is used for what is not this machine, by CONNECT for TLS', async () => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers['proxy-authorization'] ?? ''}`);
    response.writeHead(200, { 'docker-content-digest': digestOf('x'), 'content-type': 'application/json' });
    response.end();
  });
  proxy.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url ?? ''}`);
    socket.end('HTTP/1.1 503 No\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const registry = await startRegistry();
  const open = (host: string, options: Parameters<typeof openRepositories>[1]) =>
    openRepositories({ ...registry, host }, options)('a');
  const env = {
    HTTP_PROXY: `http://u:p@127.0.0.1:${port}`,
    https_proxy: `http://127.0.0.1:${port}`,
    NO_PROXY: 'other.test',
  };
  expect(await open('registry.test:5000', { env, insecure: true }).hasBlob(digestOf('x'))).toBe(true);
  expect(asked).toEqual([
    'CONNECT registry.test:5000',
    'GET http://registry.test:5000/v2/ Basic dTpw',
    `HEAD http://registry.test:5000/v2/a/blobs/${digestOf('x')} Basic dTpw`,
  ]);
  await expect(open('registry.test', { env }).hasBlob(digestOf('x'))).rejects.toMatchObject({
    code: 'registry.unreachable',
  });
});

test('a registry that is not there', async () => {
  const registry = await startRegistry();
  await registry.close();
  await expect(openRepositories(registry)('a').hasBlob(digestOf('x'))).rejects.toMatchObject({
    code: 'registry.unreachable',
    message: `reaching ${registry.host}: ${registry.host} cannot be reached (ECONNREFUSED) 6 times`,
  });
});

test('a password that is not taken is shown once', async () => {
  const { registry, repository } = await start({ auth: { kind: 'basic', ...USER } }, { ...ANN, secret: 'wrong' });
  await expect(repository.headManifest('v1')).rejects.toMatchObject({ code: 'registry.unauthorized' });
  const shown = registry.requests.filter(({ headers }) => headers.authorization !== undefined);
  expect(shown).toHaveLength(1);
});
