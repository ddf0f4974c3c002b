import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assembleCommand, type AssembleArguments } from '../../src/cli/commands/assemble.ts';
import { blobPath, digestOf } from '../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { fixture } from '../support/archives.ts';
import { makeInvocation } from '../support/invocation.ts';
import { readTar } from '../support/tar-files.ts';

const ATTESTED = ['amd64', 'arm64', 'arm-v7', 'ppc64le'].map((arch) =>
  fixture(`buildx-oci-linux-${arch}-attested.tar`),
);
const DOCKER = ['amd64', 'arm64', 'arm-v7', 's390x'].map((arch) => fixture(`buildx-docker-linux-${arch}.tar`));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forkwright-assemble-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function assemble(archives: readonly string[], output: string, more: Partial<AssembleArguments> = {}) {
  return assembleCommand({ archives, output, names: [], dockerCompat: null, ...more }, makeInvocation(folder));
}

interface IndexJson {
  readonly mediaType: string;
  readonly manifests: readonly {
    readonly mediaType: string;
    readonly digest: `sha256:${string}`;
    readonly size: number;
    readonly platform?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
}

function parseIndex(files: ReadonlyMap<string, Buffer>, name: string): IndexJson {
  return JSON.parse(String(files.get(name)));
}

/** What a client sees: the platforms of the index in its order, and the files of the archive. */
async function readResult(output: string) {
  const files = await readTar(join(folder, output));
  const layout = parseIndex(files, 'index.json');
  const [entry] = layout.manifests;
  if (entry === undefined || layout.manifests.length !== 1) throw new Error('one wrapper entry');
  const index = parseIndex(files, blobPath(entry.digest));
  return { files, entry, index };
}

test('attested archives become one index: platforms in order, each attestation behind its subject', async () => {
  const result = await assemble(ATTESTED, 'attested.tar');
  expect(result.findings).toEqual([]);
  const { files, entry, index } = await readResult('attested.tar');
  expect(entry.mediaType).toBe(MEDIA_TYPE.ociIndex);
  const platforms = index.manifests.map(({ platform }) => [
    platform?.['os'],
    platform?.['architecture'],
    platform?.['variant'],
  ]);
  expect(platforms).toEqual([
    ['linux', 'amd64', undefined],
    ['unknown', 'unknown', undefined],
    ['linux', 'arm64', undefined],
    ['unknown', 'unknown', undefined],
    ['linux', 'arm', 'v7'],
    ['unknown', 'unknown', undefined],
    ['linux', 'ppc64le', undefined],
    ['unknown', 'unknown', undefined],
  ]);
  for (const [position, { annotations }] of index.manifests.entries()) {
    const subject = index.manifests[position - 1]?.digest;
    const expected = { 'vnd.docker.reference.digest': subject, 'vnd.docker.reference.type': 'attestation-manifest' };
    expect(annotations).toEqual(position % 2 === 0 ? undefined : expected);
  }
  await expectSameBlobs(files, ATTESTED, index);
});

test("docker's archives become docker's manifest list, their manifests byte for byte", async () => {
  await assemble(DOCKER, 'docker.tar');
  const { files, entry, index } = await readResult('docker.tar');
  expect(entry.mediaType).toBe(MEDIA_TYPE.dockerIndex);
  expect(index.manifests.map(({ platform, mediaType }) => [platform?.['architecture'], mediaType])).toEqual(
    ['amd64', 'arm64', 'arm', 's390x'].map((arch) => [arch, MEDIA_TYPE.dockerManifest]),
  );
  await expectSameBlobs(files, DOCKER, index);
});

function isIndex(bytes: Buffer | undefined): boolean {
  return bytes?.includes('"manifests"') === true;
}

function names(all: ReadonlyMap<string, Buffer>): readonly string[] {
  return [...all.keys()]
    .filter((name) => name.startsWith('blobs/') && !name.endsWith('/') && !isIndex(all.get(name)))
    .toSorted();
}

/** Every blob of the result but the index is one of the inputs', and none of theirs but their indexes is lost. */
async function expectSameBlobs(files: ReadonlyMap<string, Buffer>, archives: readonly string[], index: IndexJson) {
  const inputs = new Map<string, Buffer>();
  for (const archive of archives) for (const [name, bytes] of await readTar(archive)) inputs.set(name, bytes);
  expect(names(files)).toEqual(names(inputs));
  for (const name of names(files)) expect(files.get(name)?.equals(inputs.get(name) ?? Buffer.alloc(0))).toBe(true);
  for (const { digest, size } of index.manifests) {
    const bytes = files.get(blobPath(digest)) ?? Buffer.alloc(0);
    expect([digestOf(bytes), bytes.length]).toEqual([digest, size]);
  }
}

function permutations<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item, position) =>
    permutations(items.filter((_, other) => other !== position)).map((rest) => [item, ...rest]),
  );
}

test.each([
  { what: 'attested', archives: ATTESTED },
  { what: "docker's", archives: DOCKER },
])('all orders of $what archives give the same bytes', async ({ archives }) => {
  const digests = new Set<string>();
  for (const order of permutations(archives)) {
    await assemble(order, 'order.tar');
    digests.add(digestOf(await readFile(join(folder, 'order.tar'))));
  }
  expect(digests.size).toBe(1);
});

test('the same platform twice is refused by name, and nothing is written', async () => {
  const [oci = '', docker = ''] = [ATTESTED[1], DOCKER[1]];
  const digests = {
    [oci]: 'sha256:6df107d532231cda66d387194cb812d74273e5fe4f76c864662e209fc212aa43',
    [docker]: 'sha256:dba71391558a129cbfc3d8c5ed51f2f48c7f002b04192b0156dec6df9aad13f2',
  };
  await expect(assemble([docker, oci], 'refused.tar')).rejects.toMatchObject({
    code: 'merge.platform-conflict',
    message: `two images for linux/arm64: ${digests[oci]} in ${oci} and ${digests[docker]} in ${docker}`,
  });
  expect(await readdir(folder)).not.toContain('refused.tar');
});

test('an archive that is named twice counts once', async () => {
  const [first = ''] = ATTESTED;
  const { json } = await assemble([first, first], 'twice.tar');
  expect(json).toMatchObject({ manifests: [{ sources: [first] }, { kind: 'attestation', sources: [first] }] });
});

test('the report names platforms, digests and where they come from', async () => {
  const [amd64 = ''] = ATTESTED;
  await writeFile(join(folder, 'in.tar'), await readFile(amd64));
  const result = await assemble(['in.tar'], 'report.tar', { names: ['zoo:1'] });
  const { entry } = await readResult('report.tar');
  const { size: outputBytes } = { size: (await readFile(join(folder, 'report.tar'))).length };
  expect(result.text).toBe(
    [
      'platform     digest                   size  from',
      'linux/amd64  sha256:a81b3e53061b  26.1 KiB  in.tar',
      'attestation  sha256:87ea4b0a51c8   1.4 KiB  in.tar',
      '',
      `report.tar ${entry.digest} ${(outputBytes / 1024).toFixed(1)} KiB`,
      '',
    ].join('\n'),
  );
  expect(result.schema).toBe('forkwright.assemble/v1');
  expect(result.json).toMatchObject({
    output: 'report.tar',
    sizeBytes: outputBytes,
    index: { digest: entry.digest, mediaType: MEDIA_TYPE.ociIndex, sizeBytes: entry.size },
    names: ['docker.io/library/zoo:1'],
    manifests: [
      { kind: 'image', platform: 'linux/amd64', subject: null, sources: ['in.tar'] },
      {
        kind: 'attestation',
        platform: null,
        subject: 'sha256:a81b3e53061b9beb45cd336f4b9c75676d2ffe5d761ce8f290cc80174891d1b5',
      },
    ],
  });
  expect(entry.annotations).toEqual({
    'io.containerd.image.name': 'docker.io/library/zoo:1',
    'org.opencontainers.image.ref.name': '1',
  });
});

test('several names are several entries, and a note says what skopeo needs then', async () => {
  const { findings } = await assemble(ATTESTED, 'names.tar', { names: ['zoo:latest', 'zoo:1', 'zoo:1'] });
  expect(findings).toEqual([
    {
      code: 'assemble.several-names',
      severity: 'note',
      place: 'names.tar',
      text: 'the archive has 2 names for its index; skopeo reads it only with a tag behind its path',
      hint: 'for example oci-archive:names.tar:1',
    },
  ]);
  const files = await readTar(join(folder, 'names.tar'));
  expect(
    parseIndex(files, 'index.json').manifests.map(({ annotations }) => annotations?.['io.containerd.image.name']),
  ).toEqual(['docker.io/library/zoo:1', 'docker.io/library/zoo:latest']);
});

test("--docker-compat adds one platform's manifest.json", async () => {
  await assemble(DOCKER, 'compat.tar', { names: ['zoo:1'], dockerCompat: 'linux/s390x' });
  const { files } = await readResult('compat.tar');
  const [source = ''] = DOCKER.slice(3);
  const [own] = JSON.parse(String((await readTar(source)).get('manifest.json'))) as readonly object[];
  expect(JSON.parse(String(files.get('manifest.json')))).toEqual([{ ...own, RepoTags: ['zoo:1'] }]);
});

test('an assembled archive can be assembled again, and written over itself', async () => {
  await assemble(ATTESTED, 'again.tar');
  const first = await readFile(join(folder, 'again.tar'));
  await assemble(['again.tar'], 'again.tar');
  expect((await readFile(join(folder, 'again.tar'))).equals(first)).toBe(true);
  await assemble(['again.tar'], 'layout');
  await assemble(['layout', ...ATTESTED], 'again.tar');
  expect((await readFile(join(folder, 'again.tar'))).equals(first)).toBe(true);
});

test.each([
  { names: ['zoo'], message: 'the name "zoo" has no tag' },
  { names: [`zoo:1@${digestOf('')}`], message: `the name "zoo:1@${digestOf('')}" has a digest` },
  { names: ['Zoo:1'], message: '"Zoo:1" is not an image name: "library/Zoo" is not a repository name' },
])('refuses the name $names', async ({ names, message }) => {
  await expect(assemble(ATTESTED, 'named.tar', { names })).rejects.toMatchObject({
    code: 'reference.malformed',
    message,
  });
});

test('a broken input is not used: 2, its findings, and nothing written', async () => {
  const [amd64 = '', arm64 = ''] = ATTESTED;
  const bytes = await readFile(amd64);
  // The last bytes of the archive are index.json, oci-layout and the end mark.
  const at = bytes.indexOf('"schemaVersion": 2');
  bytes.write('3', at + '"schemaVersion": '.length);
  await writeFile(join(folder, 'broken.tar'), bytes);
  const result = await assemble(['broken.tar', arm64], 'from-broken.tar');
  expect(result.exitCode).toBe(2);
  expect(result.findings.map(({ severity, code }) => [severity, code])).toContainEqual(['error', 'blob.corrupt']);
  expect(await readdir(folder)).not.toContain('from-broken.tar');
});

test('a layer that is damaged is noticed while it is copied, and nothing is left behind', async () => {
  const [amd64 = ''] = ATTESTED;
  const bytes = await readFile(amd64);
  const layer = bytes.indexOf(Buffer.from('1f8b', 'hex'));
  bytes.writeUInt8(bytes.readUInt8(layer + 40) ^ 1, layer + 40);
  await mkdir(join(folder, 'damaged'));
  await writeFile(join(folder, 'damaged/in.tar'), bytes);
  await expect(assemble(['damaged/in.tar'], 'damaged/out.tar')).rejects.toMatchObject({ code: 'blob.corrupt' });
  expect(await readdir(join(folder, 'damaged'))).toEqual(['in.tar']);
});

test('bytes are counted for the progress', async () => {
  const seen: { label: string; totalBytes: number | null; advanced: number; done: string }[] = [];
  const invocation = makeInvocation(folder, {
    progress: {
      task: (label, totalBytes) => {
        const task = { label, totalBytes, advanced: 0, done: '' };
        seen.push(task);
        return {
          startAt: () => undefined,
          advance: (bytes) => void (task.advanced += bytes),
          step: () => undefined,
          done: (text) => void (task.done = text),
          fail: () => undefined,
        };
      },
      note: () => undefined,
      close: () => undefined,
    },
  });
  await assembleCommand({ archives: ATTESTED, output: 'progress.tar', names: [], dockerCompat: null }, invocation);
  expect(seen).toHaveLength(1);
  const [task] = seen;
  expect(task?.label).toBe('assembling progress.tar');
  expect(task?.advanced).toBe(task?.totalBytes);
  expect(task?.done).toMatch(/ KiB$/);
});
