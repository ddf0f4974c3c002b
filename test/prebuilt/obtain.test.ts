import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { writeImageLayout } from '../../src/archive/write/write-layout.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import { createObtain, type ObtainDeps } from '../../src/prebuilt/obtain.ts';
import type { FileSource } from '../../src/recipe/target.ts';
import { file, layoutOf, link, makeFolder, makeImage, SIGNAL, tarOf } from '../support/archives.ts';
import { startServer } from '../support/file-server.ts';
import { packNpm, startRegistry as startNpmRegistry } from '../support/npm-registry.ts';
import { openStore } from '../support/image-store.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { seedFromLayout } from '../support/registry/seed-from-layout.ts';
import { collect, failureOf, makeDeps, sha256Of } from '../support/obtain-deps.ts';

const AMD64 = parsePlatform('linux/amd64');
const PROGRAM = Buffer.from('\x7fELF program');

async function makeRoot(files: Readonly<Record<string, Uint8Array | string>> = {}): Promise<string> {
  const root = await makeFolder();
  for (const [name, data] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), data);
  }
  return root;
}

async function obtainBytes(source: FileSource, deps: ObtainDeps, platform = AMD64): Promise<Buffer> {
  const obtained = await createObtain(deps)(source, platform);
  const bytes = await collect(obtained.bytes());
  expect(bytes.length).toBe(obtained.sizeBytes);
  expect(await collect(obtained.bytes())).toEqual(bytes);
  return bytes;
}

const PACKAGE = { name: '@s/tool', version: '1.0.0', files: { 'README.md': 'read me', 'bin/tool': PROGRAM } };

async function prepareNpm(more: Partial<Extract<FileSource, { type: 'npm' }>> = {}) {
  const server = await startNpmRegistry([PACKAGE]);
  const root = await makeRoot({ '.npmrc': `registry=${server.url}\n//${new URL(server.url).host}/:_authToken=abc\n` });
  const source: FileSource = {
    type: 'npm',
    package: '@s/tool',
    version: '1.0.0',
    file: 'bin/tool',
    integrity: server.integrity('@s/tool'),
    ...more,
  };
  return { server, source, ...makeDeps(root) };
}

test('a file of an npm package: with the token, and on a second run without the registry', async () => {
  const { server, source, deps } = await prepareNpm();
  expect(await obtainBytes(source, deps)).toEqual(PROGRAM);
  expect(server.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ['/@s%2ftool/1.0.0', 'Bearer abc'],
    ['/@s/tool/-/tool-1.0.0.tgz', 'Bearer abc'],
  ]);
  expect(await obtainBytes(source, deps)).toEqual(PROGRAM);
  expect(server.requests).toHaveLength(2);
});

test('what eight targets want at once is downloaded once', async () => {
  const { server, source, deps } = await prepareNpm();
  const obtain = createObtain(deps);
  const files = await Promise.all(Array.from({ length: 8 }, () => obtain(source, AMD64)));
  for (const each of files) expect(await collect(each.bytes())).toEqual(PROGRAM);
  expect(server.requests).toHaveLength(2);
});

test('a file taken out of a package is made anew where the cache has it damaged', async () => {
  const { source, deps } = await prepareNpm();
  await obtainBytes(source, deps);
  const [folder = ''] = await readdir(join(deps.cacheFolder, 'files'));
  const [name = ''] = await readdir(join(deps.cacheFolder, 'files', folder));
  await writeFile(join(deps.cacheFolder, 'files', folder, name), 'damaged');
  expect(await obtainBytes(source, deps)).toEqual(PROGRAM);
});

test('a package without the file: the nearest name is given', async () => {
  const { source, deps } = await prepareNpm({ file: 'bin/tol' });
  expect(await failureOf(createObtain(deps)(source, AMD64))).toMatchObject({
    code: 'prebuilt.no-member',
    message: 'the archive has no file "bin/tol"',
    place: '@s/tool@1.0.0',
    hint: 'did you mean bin/tool?',
  });
});

test('a package that is not in the registry is named', async () => {
  const { source, deps } = await prepareNpm({ version: '9.9.9' });
  expect(await failureOf(createObtain(deps)(source, AMD64))).toMatchObject({
    code: 'download.not-found',
    message: '@s/tool@9.9.9: the server answered 404 Not Found',
  });
});

/** Gives what comes out of an archive behind a URL. */
async function fromUrl(archive: Uint8Array, member: string | null) {
  const server = await startServer(() => ({ body: archive }));
  const { deps } = makeDeps(await makeRoot());
  const source: FileSource = {
    type: 'url',
    url: `${server.url}/v1/tool.tar.gz`,
    sha256: sha256Of(archive),
    file: member,
  };
  return { deps, source };
}

const TAR = tarOf([file('./bin/tool', PROGRAM), link('symlink', 'bin/alias', 'tool')]);
test.each([
  ['the file itself', PROGRAM, null],
  ['a tar', TAR, 'bin/tool'],
  ['a gzipped tar', gzipSync(TAR), 'bin/tool'],
])('behind a URL: %s', async (_, archive, member) => {
  const { deps, source } = await fromUrl(archive, member);
  expect(await obtainBytes(source, deps)).toEqual(PROGRAM);
});

test.each([
  ['a link', TAR, 'bin/alias', 'prebuilt.no-member', 'bin/alias is a link to tool, not a file', 'tool.tar.gz'],
  [
    'xz',
    Buffer.from('fd377a585a000000', 'hex'),
    'x',
    'prebuilt.unsupported-archive',
    'files are not taken out of xz archives',
    'tool.tar.gz',
  ],
  [
    'zip',
    Buffer.from('504b030400000000', 'hex'),
    'x',
    'prebuilt.unsupported-archive',
    'files are not taken out of zip archives',
    'tool.tar.gz',
  ],
  [
    'broken gzip',
    Buffer.from('1f8b0800ffffffffffffffff', 'hex'),
    'x',
    'layer.corrupt',
    'not sound gzip',
    'tool.tar.gz',
  ],
  ['no tar', Buffer.alloc(1024, 'x'), 'x', 'tar.bad-checksum', 'a header with a wrong checksum', 'tool.tar.gz: byte 0'],
  [
    'a tar that is cut',
    TAR.subarray(0, 515),
    'bin/tool',
    'tar.truncated',
    `the stream ends in "./bin/tool"; ${PROGRAM.length - 3} of its ${PROGRAM.length} bytes are missing`,
    'tool.tar.gz: byte 515',
  ],
])('an archive that gives nothing: %s', async (_, archive, member, code, message, place) => {
  const { deps, source } = await fromUrl(archive, member);
  expect(await failureOf(createObtain(deps)(source, AMD64))).toMatchObject({ code, message, place });
  expect(await readdir(join(deps.cacheFolder, 'files')).catch(() => [])).not.toContain(sha256Of(PROGRAM));
});

test('an asset of a GitHub release: the token stays with the API, the storage does not get it', async () => {
  const storage = await startServer(() => ({ body: PROGRAM }));
  const api = await startServer(({ path }) => {
    if (path.endsWith('/assets/1')) return { status: 302, headers: { location: `${storage.url}/signed` } };
    const asset = { name: 'tool', url: `${api.url}/assets/1`, browser_download_url: `${api.url}/public` };
    return { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ assets: [asset] }) };
  });
  const root = await makeRoot();
  const { deps } = makeDeps(root, { env: { HOME: root, GITHUB_API_URL: api.url, GITHUB_TOKEN: 's3cret' } });
  const source: FileSource = {
    type: 'github-release',
    repository: 'tools/tool',
    tag: 'v1',
    asset: 'tool',
    sha256: sha256Of(PROGRAM),
    file: null,
  };
  expect(await obtainBytes(source, deps)).toEqual(PROGRAM);
  expect(api.requests.map(({ headers }) => headers.authorization)).toEqual(['token s3cret', 'Bearer s3cret']);
  expect(storage.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
});

test('a file of the workspace, and a text of the recipe', async () => {
  const { deps } = makeDeps(await makeRoot({ 'files/tool': PROGRAM }));
  expect(await obtainBytes({ type: 'path', path: 'files/tool', sha256: null }, deps)).toEqual(PROGRAM);
  expect(await obtainBytes({ type: 'path', path: 'files/tool', sha256: sha256Of(PROGRAM) }, deps)).toEqual(PROGRAM);
  expect(await obtainBytes({ type: 'content', content: 'ä\n' }, deps)).toEqual(Buffer.from('ä\n'));
});

test.each([
  ['nothing', 'prebuilt.no-file', 'the file cannot be read'],
  ['files', 'prebuilt.no-file', 'it is not a file'],
  ['out', 'prebuilt.outside', 'a link leads out of the workspace'],
  [
    'files/tool',
    'prebuilt.integrity-mismatch',
    `the file has the hash sha256:${sha256Of(PROGRAM)}, the recipe wants sha256:${'0'.repeat(64)}`,
  ],
])('a file of the workspace that is not to be had: %s', async (path, code, message) => {
  const { deps } = makeDeps(await makeRoot({ 'files/tool': PROGRAM }));
  await symlink('/etc/hostname', join(deps.root, 'out'));
  const source: FileSource = { type: 'path', path, sha256: '0'.repeat(64) };
  expect(await failureOf(createObtain(deps)(source, AMD64))).toMatchObject({ code, message, place: path });
});

async function prepareImage() {
  const { deps } = makeDeps(await makeRoot());
  const images = ['amd64', 's390x'].map((arch) => makeImage([[file('bin/tool', `for ${arch}`)]], arch));
  await writeImageLayout(join(deps.root, 'base.tar'), layoutOf(images), { signal: SIGNAL, onBytes: () => undefined });
  const source = { type: 'image' as const, image: { type: 'archive' as const, path: 'base.tar' }, path: '/bin/tool' };
  return { deps, source };
}

test("a file of an image: the target's platform counts", async () => {
  const { deps, source } = await prepareImage();
  for (const arch of ['amd64', 's390x']) {
    expect((await obtainBytes(source, deps, parsePlatform(`linux/${arch}`))).toString()).toBe(`for ${arch}`);
  }
  expect(await failureOf(createObtain(deps)(source, parsePlatform('linux/riscv64')))).toMatchObject({
    code: 'prebuilt.no-platform',
    message: 'the archive has no image for linux/riscv64',
    place: 'base.tar',
  });
});

test('a file of an image of a registry', async () => {
  const registry = await startRegistry();
  const { deps, source } = await prepareImage();
  await seedFromLayout(registry.repository('base'), join(deps.root, 'base.tar'), '1');
  const images = openStore(registry, deps.cacheFolder);
  const image = { type: 'image' as const, reference: parseReference(`${registry.host}/base:1`) };
  const obtain = (arch: string) =>
    obtainBytes({ ...source, image }, { ...deps, images }, parsePlatform(`linux/${arch}`));
  expect((await obtain('s390x')).toString()).toBe('for s390x');
  expect(await failureOf(obtain('riscv64'))).toMatchObject({
    code: 'prebuilt.no-platform',
    message: 'the image has no image for linux/riscv64',
    place: `${registry.host}/base:1@${await images.resolve(image.reference)}`,
    hint: 'it has linux/amd64, linux/s390x',
  });
});

test("npm's first folder may be called anything", async () => {
  const { deps, source } = await fromUrl(packNpm(PACKAGE.files, 'tool'), 'tool/bin/tool');
  expect(await obtainBytes(source, deps)).toEqual(PROGRAM);
});
