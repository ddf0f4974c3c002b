import { expect, test } from 'vitest';
import { locateTarball } from '../../src/prebuilt/npm.ts';
import { makeDeps, failureOf } from '../support/obtain-deps.ts';
import { startRegistry } from '../support/npm-registry.ts';
import type { Reply } from '../support/file-server.ts';

const PACKAGE = { name: '@s/tool', version: '1.0.0', files: { 'bin/tool': 'program' } };
const METADATA = '/@s%2ftool/1.0.0';
const HEADERS = { authorization: 'Bearer abc' };

/** Asks a registry whose answer holds this `dist`; `{}` in it stands for the registry. */
async function locate(dist: Readonly<Record<string, unknown>>, registryPath = '/') {
  const server = await startRegistry([PACKAGE], (_, reply) => {
    const body = JSON.stringify({ dist }).replaceAll('{}', server.url);
    return reply.status === 404 && registryPath === '/' ? reply : { body };
  });
  const { deps } = makeDeps('/nowhere');
  const wanted = { package: '@s/tool', version: '1.0.0', integrity: server.integrity('@s/tool') };
  const location = locateTarball(wanted, { url: `${server.url}${registryPath}`, headers: HEADERS }, deps);
  return { server, location };
}

async function refuse(reply: Reply) {
  const server = await startRegistry([PACKAGE], () => reply);
  const wanted = { package: '@s/tool', version: '1.0.0', integrity: server.integrity('@s/tool') };
  const { deps } = makeDeps('/nowhere');
  return failureOf(locateTarball(wanted, { url: `${server.url}/`, headers: {} }, deps));
}

test('the registry says where the tarball is', async () => {
  const { server, location } = await locate({ tarball: '{}/files/tool.tgz' });
  expect(await location).toEqual({ url: `${server.url}/files/tool.tgz`, headers: HEADERS });
  expect(server.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([[METADATA, 'Bearer abc']]);
});

test('a tarball on another host gets no credentials', async () => {
  const { location } = await locate({ tarball: 'https://cdn.example.org/tool.tgz' });
  expect(await location).toEqual({ url: 'https://cdn.example.org/tool.tgz', headers: {} });
});

test("a mirror's tarball is fetched from the mirror, whatever its metadata says", async () => {
  const { server, location } = await locate(
    { tarball: 'https://registry.npmjs.org/@s/tool/-/tool-1.0.0.tgz' },
    '/npm/',
  );
  expect(await location).toEqual({ url: `${server.url}/npm/@s/tool/-/tool-1.0.0.tgz`, headers: HEADERS });
});

test('an integrity that is not the one of the recipe stops before the download', async () => {
  const other = `sha512-${Buffer.alloc(64).toString('base64')}`;
  const { server, location } = await locate({ tarball: '{}/tool.tgz', integrity: other });
  expect(await failureOf(location)).toMatchObject({
    code: 'prebuilt.integrity-mismatch',
    message: `the registry's integrity is ${other}, the recipe wants ${server.integrity('@s/tool')}`,
    place: `${server.url}/@s%2ftool/1.0.0`,
    hint: '`npm view @s/tool@1.0.0 dist.integrity` shows it; a version never changes, so find out why it did',
  });
});

test('an integrity by another algorithm says nothing', async () => {
  const { server, location } = await locate({ tarball: '{}/tool.tgz', integrity: 'sha1-AAAA sha256-BBBB' });
  expect(await location).toEqual({ url: `${server.url}/tool.tgz`, headers: HEADERS });
});

test.each([
  ['no tarball', { body: '{"dist":{}}' }, 'the registry names no tarball'],
  ['no object', { body: 'null' }, 'the registry names no tarball'],
  ['a page', { body: '<p>Please log in</p>' }, 'the registry answered with something else than JSON'],
  ['too much', { body: ' '.repeat(4 * 1024 * 1024 + 1) }, 'the registry answered with more than 4 MiB'],
])('%s', async (_, reply, message) => {
  expect(await refuse(reply)).toMatchObject({ code: 'npm.malformed', message });
});

test('a version that is not there', async () => {
  expect(await refuse({ status: 404 })).toMatchObject({
    code: 'download.not-found',
    message: 'the server answered 404 Not Found',
    hint: 'check name and version in the recipe',
  });
});
