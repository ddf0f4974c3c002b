import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectCommand } from '../../src/cli/commands/inspect.ts';
import type { BlobView } from '../../src/image/inspect-view.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { fixture } from '../support/archives.ts';
import { makeInvocation } from '../support/invocation.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forkwright-inspect-'));
});
afterAll(() => rm(folder, { recursive: true }));

const inspect = (source: string, cwd = folder) => inspectCommand({ source }, makeInvocation(cwd));

test('shows an attested archive as a tree', async () => {
  const name = 'buildx-oci-linux-arm-v7-attested.tar';
  const result = await inspect(name, fixture('.'));
  expect(result).toMatchObject({ schema: 'forkwright.inspect/v1', findings: [] });
  expect(result.exitCode).toBeUndefined();
  expect(result.text).toBe(
    [
      `${name}: oci-archive, 39.0 KiB`,
      'index sha256:3c47800ad7fb (application/vnd.oci.image.index.v1+json)',
      '├─ linux/arm/v7  sha256:a4ff83ee9820  26.1 KiB',
      '│  ├─ entrypoint   ["/bin/tool","echo","entry"]',
      '│  ├─ env          PATH=/bin',
      '│  ├─ workdir      /',
      '│  ├─ labels       arch=armv7',
      '│  ├─ created      2026-11-21T03:57:51.930868846Z',
      '│  ├─ layer 1      637 B      sha256:99885d3a212d  COPY data /data',
      '│  ├─ layer 2      23.5 KiB   sha256:fd82ebabc39b  COPY bin-armv7 /bin/tool',
      '│  └─ attestation  sha256:5aeb1ed84c86  https://slsa.dev/provenance/v0.2',
      '├─ read by       docker load (containerd image store), podman load, skopeo, ctr images import',
      '├─ not by        docker load (classic image store): there is no manifest.json',
      '├─               umoci: it reads folders',
      '└─               tools that want layer.tar: there are no repositories with <id>/layer.tar',
      '',
    ].join('\n'),
  );
});

test("every blob's name and offset lead to its bytes", async () => {
  const archive = fixture('docker-28-containerd-save.tar');
  const { json } = await inspect(archive);
  const bytes = await readFile(archive);
  const blobs = json['blobs'] as readonly BlobView[];
  expect(blobs.map(({ role }) => role).toSorted()).toEqual([
    'config',
    ...Array.from({ length: 7 }, () => 'layer'),
    'manifest',
  ]);
  for (const { digest, offset, sizeBytes, name } of blobs) {
    expect(name).toBe(`blobs/sha256/${digest.slice('sha256:'.length)}`);
    expect(digestOf(bytes.subarray(offset ?? 0, (offset ?? 0) + sizeBytes))).toBe(digest);
  }
});

test('names and how the image starts are in the JSON', async () => {
  const { json } = await inspect(fixture('docker-28-containerd-save.tar'));
  expect(json).toMatchObject({
    format: 'docker-archive',
    index: null,
    roots: [{ names: ['docker.io/library/zoo:1'] }],
    images: [
      {
        platform: 'linux/amd64',
        config: {
          entrypoint: ['/bin/tool', 'echo', 'entry'],
          cmd: ['echo', 'cmd'],
          env: ['PATH=/bin:/usr/bin', 'LANG=C.UTF-8'],
          user: '1234:1234',
          workingDir: '/data',
          exposedPorts: ['8080/tcp'],
          volumes: ['/var/lib/vol'],
          stopSignal: 'SIGINT',
          labels: { note: 'spaces and "quotes"', 'org.opencontainers.image.title': 'zoo' },
        },
      },
    ],
  });
});

test('a damaged layer is not looked at, a damaged config ends with 2', async () => {
  const archive = await readFile(fixture('buildx-oci-linux-amd64-attested.tar'));
  const layer = archive.indexOf(Buffer.from('1f8b', 'hex')) + 40;
  archive.writeUInt8(archive.readUInt8(layer) ^ 1, layer);
  await writeFile(join(folder, 'layer.tar'), archive);
  expect((await inspect('layer.tar')).findings).toEqual([]);

  const config = archive.indexOf('"Entrypoint"') + 1;
  archive.write('X', config);
  await writeFile(join(folder, 'config.tar'), archive);
  const result = await inspect('config.tar');
  expect(result.exitCode).toBe(2);
  expect(result.findings.map(({ severity, code }) => [severity, code])).toEqual([['error', 'blob.corrupt']]);
  expect(result.text).toContain('├─ linux/amd64  sha256:a81b3e53061b');
  expect(result.text).toContain('├─ config       not readable');
});

test.each([
  { source: 'nothing.tar', code: 'archive.not-found' },
  { source: 'empty.tar', code: 'archive.unknown-format' },
])('$source cannot be inspected: $code', async ({ source, code }) => {
  await writeFile(join(folder, 'empty.tar'), '');
  await expect(inspect(source)).rejects.toMatchObject({ code, place: source });
});

test('--files lists the files of an image with their layers, --layer what one layer did', async () => {
  const source = fixture('buildx-oci.tar');
  const invocation = makeInvocation(folder);
  const files = await inspectCommand({ source, files: true }, invocation);
  expect(files).toMatchObject({ schema: 'forkwright.files/v1', findings: [] });
  expect(files.text.split('\n').slice(0, 5)).toEqual([
    'layer  mode   owner       size  time                  path',
    '    1  d0755  0:0            0  2026-11-21T03:56:29Z  /bin',
    '    1  -0755  0:0        46736  2026-11-21T03:56:29Z  /bin/tool',
    '    6  d0755  0:0            0  2026-11-21T03:56:30Z  /data',
    '    2  l0777  0:0            0  2026-11-21T03:56:29Z  /data/dangling -> ../nowhere',
  ]);
  const layer = await inspectCommand({ source, layer: '6' }, invocation);
  expect(layer.text).toBe(
    [
      '   mode   owner  size  time                  path',
      '~  d0755  0:0       0  2026-11-21T03:56:30Z  /data',
      '~  -0644  0:0      10  2026-11-21T03:56:30Z  /data/dir-becomes-file',
      '+  d0755  0:0       0  2026-11-21T03:56:30Z  /data/dir-becomes-file.d',
      '~  d0755  0:0       0  2026-11-21T03:56:30Z  /etc',
      '-  -4755  0:0       5  2026-11-21T03:56:30Z  /etc/one-hard',
      '',
    ].join('\n'),
  );
  await expect(inspectCommand({ source, layer: '8' }, invocation)).rejects.toMatchObject({
    code: 'image.no-such-layer',
    message: 'it has no layer "8"',
    hint: 'its layers are 1 to 7, the lowest first',
  });
});
