import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadImageSet } from '../../../src/archive/read/load-images.ts';
import { openImageSource } from '../../../src/archive/read/open.ts';
import { ForkwrightError } from '../../../src/errors.ts';
import type { LoadedImage, LoadedNode } from '../../../src/image/image-set.ts';
import { formatPlatform } from '../../../src/platform/platform.ts';
import {
  file,
  fixture,
  folder,
  layoutEntries,
  link,
  makeFile,
  makeFolder,
  makeImage,
  indexOf,
  tarOf,
} from '../../support/archives.ts';

const imagesBelow = (node: LoadedNode): readonly LoadedImage[] =>
  node.kind === 'index' ? node.children.flatMap(imagesBelow) : node.kind === 'image' ? [node] : [];

/** What an archive holds, in a few words. */
async function summarise(path: string) {
  const source = await openImageSource(path);
  try {
    const { set, findings } = await loadImageSet(source);
    return {
      format: source.format,
      blobs: [...source.blobs()].length,
      roots: set.roots.map(({ names, node }) => ({
        kind: node.kind,
        names,
        images: imagesBelow(node).map(({ platform, manifest, config }) =>
          [
            platform === null ? 'none' : formatPlatform(platform),
            `${manifest.layers.length} layers`,
            `${config?.document.diffIds.length ?? 0} diff ids`,
          ].join(', '),
        ),
      })),
      findings: [...source.findings, ...findings].map(({ code, severity, place, text }) =>
        [severity, code, place.replace(path, 'X'), text].join(' | '),
      ),
    };
  } finally {
    await source.close();
  }
}

const attested = (platform: string) => ({
  format: 'oci-archive',
  blobs: 8,
  roots: [{ kind: 'index', names: [], images: [`${platform}, 2 layers, 2 diff ids`, 'none, 1 layers, 0 diff ids'] }],
});
const docker = (platform: string, names: readonly string[] = []) => ({
  format: 'docker-archive',
  blobs: 4,
  roots: [{ kind: 'image', names, images: [`${platform}, 2 layers, 2 diff ids`] }],
});
const zoo = (format: string, names: readonly string[], blobs = 9, layers = 7) => ({
  format,
  blobs,
  roots: [{ kind: 'image', names, images: [`linux/amd64, ${layers} layers, ${layers} diff ids`] }],
});
const PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/s390x', 'linux/ppc64le'];
const multi = (blobs: number, names: readonly string[], attestations: number) => ({
  format: 'oci-archive',
  blobs,
  roots: [
    {
      kind: 'index',
      names,
      images: [
        ...PLATFORMS.map((platform) => `${platform}, 2 layers, 2 diff ids`),
        ...Array.from({ length: attestations }, () => 'none, 1 layers, 0 diff ids'),
      ],
    },
  ],
});

test.each([
  ['buildx-oci.tar', zoo('oci-archive', ['docker.io/library/zoo:1'])],
  ['buildx-oci-sde.tar', zoo('oci-archive', [])],
  ['buildx-oci-dockermt.tar', zoo('oci-archive', [])],
  ['buildx-oci-multi.tar', multi(17, [], 0)],
  ['buildx-oci-multi-attested.tar', multi(32, ['registry.example.org/releng/zoo:1.0'], 5)],
  ['buildx-oci-linux-amd64-attested.tar', attested('linux/amd64')],
  ['buildx-oci-linux-arm64-attested.tar', attested('linux/arm64')],
  ['buildx-oci-linux-arm-v7-attested.tar', attested('linux/arm/v7')],
  ['buildx-oci-linux-ppc64le-attested.tar', attested('linux/ppc64le')],
  ['buildx-docker.tar', zoo('docker-archive', ['docker.io/library/zoo:1'])],
  ['buildx-docker-linux-amd64.tar', docker('linux/amd64')],
  ['buildx-docker-linux-arm64.tar', docker('linux/arm64')],
  ['buildx-docker-linux-arm-v7.tar', docker('linux/arm/v7')],
  ['buildx-docker-linux-s390x.tar', docker('linux/s390x')],
  ['docker-28-overlay2-save.tar', zoo('docker-archive', ['docker.io/library/zoo:1'], 16)],
  ['docker-28-containerd-save.tar', zoo('docker-archive', ['docker.io/library/zoo:1'])],
  ['docker-28-containerd-save-arm64.tar', docker('linux/arm64', ['docker.io/library/zoo:multi'])],
  ['skopeo-oci-archive.tar', zoo('oci-archive', ['1'])],
  ['skopeo-oci-layout', zoo('oci', ['1'])],
  ['crane-oci-layout', zoo('oci', [])],
  ['podman-save-oci-archive.tar', zoo('oci-archive', ['localhost/zoo:1'], 8, 6)],
])('%s', async (name, expected) => {
  expect(await summarise(fixture(name))).toEqual({ ...expected, findings: [] });
});

test('a blob is found where the archive has it', async () => {
  const path = fixture('buildx-oci.tar');
  const source = await openImageSource(path);
  const bytes = await readFile(path);
  const digest = 'sha256:28b48d31c11813b5d36f7cf2c98177bc0f48b9c1795f79575072635d90b318cc';
  const place = source.blob(digest);
  expect(place).toEqual({
    digest,
    sizeBytes: 637,
    name: `blobs/sha256/${digest.slice(7)}`,
    offset: expect.any(Number),
  });
  const chunks = [];
  for await (const chunk of source.stream(digest)) chunks.push(Buffer.from(chunk));
  expect(Buffer.concat(chunks)).toEqual(bytes.subarray(place!.offset!, place!.offset! + 637));
  await source.close();
});

test.each([
  [
    'docker-20.10-export.rootfs.tar',
    'archive.no-config',
    'a root filesystem, as `docker export` writes it: its platform, its entrypoint and all other configuration are gone',
    'give them back: --config FILE or --recipe NAME, with --platform; `docker save` would have kept them',
  ],
  [
    'ctr-export-truncated.tar',
    'archive.truncated',
    'the file ends in "blobs/sha256/31205319e1e668d4ca59a040ff231464d3578b0201ea42e797fc665de3982323"; 24062 of its 24062 bytes are missing',
    'the archive is cut short; save or copy it again',
  ],
])('%s cannot be read', async (name, code, text, hint) => {
  const path = fixture(name);
  await expect(openImageSource(path)).rejects.toEqual(new ForkwrightError(code, text, { place: path, hint }));
});

test.each([
  ['nothing', '', 'it is empty', 'buildx leaves empty archives behind when a build fails; build it again'],
  [
    'a web page',
    '<!DOCTYPE html><p>',
    'not an image archive: it looks like a web page',
    'a download or a login that failed?',
  ],
  [
    'JSON',
    ' {"a":1}',
    'not an image archive: it looks like JSON',
    'give the archive or the layout folder that it belongs to',
  ],
  [
    'a pointer',
    'version https://git-lfs.github.com/spec/v1\n',
    'not an image archive: it is a pointer of Git LFS',
    'git lfs pull',
  ],
  ['a zip file', 'PK\x03\x04', 'not an image archive: it looks like a zip file', 'unpack it, and give what is in it'],
  [
    'noise',
    'x'.repeat(2000),
    'not an image archive: it is not a tar file',
    'OCI archives, OCI layout folders and docker archives can be read',
  ],
  [
    'an empty tar',
    tarOf([]).toString(),
    'it is a tar file without entries',
    'give an image archive or an OCI layout folder',
  ],
  [
    'half a layout',
    tarOf([file('oci-layout', '{}')]).toString(),
    'an OCI layout without index.json',
    'save or copy it again',
  ],
])('%s is no archive', async (_, content, text, hint) => {
  const path = await makeFile(Buffer.from(content));
  await expect(openImageSource(path)).rejects.toEqual(
    new ForkwrightError('archive.unknown-format', text, { place: path, hint }),
  );
});

test('what is not there, and folders that are no layout', async () => {
  const root = await makeFolder();
  const missing = join(root, 'missing.tar');
  await expect(openImageSource(missing)).rejects.toMatchObject({ code: 'archive.not-found', place: missing });
  await expect(openImageSource(root)).rejects.toMatchObject({ message: 'the folder is empty' });
  await writeFile(join(root, 'a'), '');
  await expect(openImageSource(root)).rejects.toMatchObject({
    message: 'the folder is no OCI layout: it has no index.json',
  });
});

async function formatOf(name: string) {
  const source = await openImageSource(name);
  await source.close();
  return source.format;
}

test("skopeo's prefixes", async () => {
  const [archive, layout] = [fixture('skopeo-oci-archive.tar'), fixture('skopeo-oci-layout')];
  expect(await formatOf(`oci-archive:${archive}`)).toBe('oci-archive');
  expect(await formatOf(`oci:${layout}:1`)).toBe('oci');
  expect(await formatOf(`docker-archive:${fixture('buildx-docker.tar')}:zoo:1`)).toBe('docker-archive');
  await expect(openImageSource(`oci:${layout}:2`)).rejects.toEqual(
    new ForkwrightError('archive.no-such-image', 'it holds no image "2"', { place: layout, hint: 'it holds 1' }),
  );
  await expect(openImageSource(`oci:${archive}`)).rejects.toMatchObject({
    code: 'archive.unknown-format',
    message: 'a file where a folder should be',
  });
});

const IMAGE = makeImage([[file('a', 'b')]]);
const ENTRIES = layoutEntries(indexOf([IMAGE.descriptor]), IMAGE.blobs);
const MANIFEST = `blobs/${IMAGE.manifest.digest.replace(':', '/')}`;
const without = (name: string) => ENTRIES.filter((entry) => entry.name !== name);
const only = (name: string) => ENTRIES.filter((entry) => entry.name === name);

test.each([
  ['names with ./ and / in front', ENTRIES.map((entry) => ({ ...entry, name: `./${entry.name}` })), []],
  ['the same entry twice', [...ENTRIES, ...ENTRIES], []],
  [
    'two entries of one name that differ',
    [...ENTRIES, file(MANIFEST, 'other')],
    [
      `error | archive.duplicate-entry | X: ${MANIFEST} | 2 entries of this name that are not the same; readers differ on which one counts`,
    ],
  ],
  [
    'two entries of one name and size that differ',
    [...ENTRIES, file('./index.json', Buffer.alloc(indexOf([IMAGE.descriptor]).length, ' '))],
    [
      'error | archive.duplicate-entry | X: index.json | 2 entries of this name that are not the same; readers differ on which one counts',
    ],
  ],
  [
    'links inside the archive',
    [
      ...without(MANIFEST).map((entry) => ({ ...entry })),
      link('symlink', MANIFEST, '../../real/one'),
      link('hardlink', 'real/one', 'real/two'),
      file('real/two', IMAGE.manifest.raw),
    ],
    ['warning | archive.extra-entry | X: real/one | 2 entries that are no part of an image: "real/one", "real/two"'],
  ],
  [
    'links in a circle',
    [...without(MANIFEST), link('symlink', MANIFEST, '../../loop'), link('symlink', 'loop', MANIFEST)],
    [
      `error | archive.no-file | X: ${MANIFEST} | neither a file nor a link to one in the archive`,
      'warning | archive.extra-entry | X: loop | an entry that is no part of an image',
      `error | blob.absent | X: ${MANIFEST} | the blob is listed, but not in the archive`,
    ],
  ],
  [
    'a link that leads out',
    [...without(MANIFEST), link('symlink', MANIFEST, '../../../../etc/passwd')],
    [
      `error | archive.no-file | X: ${MANIFEST} | neither a file nor a link to one in the archive`,
      `error | blob.absent | X: ${MANIFEST} | the blob is listed, but not in the archive`,
    ],
  ],
  [
    'an entry that leads out',
    [...ENTRIES, file('../../etc/passwd', 'root')],
    ['error | archive.entry-outside | X: ../../etc/passwd | an entry outside of the archive'],
  ],
  [
    'entries of something else',
    [...ENTRIES, folder('x/'), file('x/y')],
    ['warning | archive.extra-entry | X: x | 2 entries that are no part of an image: "x", "x/y"'],
  ],
  [
    'no oci-layout',
    without('oci-layout'),
    ['error | archive.no-layout-file | X | there is no oci-layout file, so this is no OCI layout by the specification'],
  ],
  [
    'a layout of the future',
    [file('oci-layout', '{"imageLayoutVersion":"2.0.0","x":1}'), ...without('oci-layout')],
    [
      'warning | archive.unknown-key | X: oci-layout | the key "x" is in no specification, and is ignored',
      'error | archive.layout-version | X: oci-layout | the layout version is "2.0.0"; 1.0.0 is the only one there is',
    ],
  ],
  [
    'an index.json that is no JSON',
    [...without('index.json'), file('index.json', '{"manifests":[}')],
    ['error | json.malformed | X: index.json | not the JSON it should be: "}" at byte 14'],
  ],
  [
    'an index.json that is too large',
    [...without('index.json'), file('index.json', Buffer.alloc(4 * 1024 * 1024 + 1, ' '))],
    ['error | archive.too-large | X: index.json | 4194305 bytes of JSON; more than 4194304 are not read'],
  ],
  [
    'keys that nobody knows',
    [
      ...without('index.json'),
      file('index.json', indexOf([{ ...IMAGE.descriptor, Size: 1, annotations: { a: 'b' } }], { x: 1 })),
    ],
    [
      'error | json.malformed | X: index.json | not the JSON it should be: the key "Size" a second time in other case at byte 287',
    ],
  ],
  [
    'other keys that nobody knows',
    [
      ...without('index.json'),
      file('index.json', indexOf([{ ...IMAGE.descriptor, y: 1, annotations: { a: 'b' } }], { x: 1 })),
    ],
    [
      'warning | archive.unknown-key | X: index.json | the key "x" is in no specification, and is ignored',
      'warning | archive.unknown-key | X: index.json: manifests[0] | the key "y" is in no specification, and is ignored',
      'note | archive.unknown-key | X: index.json: manifests[0].annotations | the key "a" is in no specification, and is ignored',
    ],
  ],
])('%s', async (_, entries, findings) => {
  expect((await summarise(await makeFile(tarOf(entries)))).findings).toEqual(findings);
});

test('an archive that was cut behind its index can still be looked into', async () => {
  const bytes = tarOf(ENTRIES);
  const { findings, roots } = await summarise(await makeFile(bytes.subarray(0, -1500)));
  expect(findings).toEqual([
    expect.stringMatching(/^error \| tar\.truncated \| X: byte \d+ \| the file ends in "blobs/),
  ]);
  expect(roots).toMatchObject([{ kind: 'image' }]);
});

test('a header that is damaged is named, and what lies behind it is read', async () => {
  const bytes = tarOf([file('extra', 'x'), ...only('oci-layout'), ...without('oci-layout')]);
  bytes[1] = 0;
  const { findings } = await summarise(await makeFile(bytes));
  expect(findings).toEqual([
    'error | tar.bad-checksum | X: byte 0 | a header with a wrong checksum',
    'warning | archive.extra-entry | X: e | an entry that is no part of an image',
  ]);
});

test('names of one image are joined, entries that contradict each other are not', async () => {
  const named = (name: string, more: object = {}) => ({
    ...IMAGE.descriptor,
    ...more,
    annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': 'x' },
  });
  const index = indexOf([named('a:1'), named('b:2'), named('c:3', { size: 1 })]);
  const { roots, findings } = await summarise(await makeFile(tarOf(layoutEntries(index, IMAGE.blobs))));
  expect(roots.map(({ kind, names }) => [kind, names])).toEqual([
    ['image', ['a:1', 'b:2']],
    ['absent', ['c:3']],
  ]);
  expect(findings).toEqual([
    `error | blob.corrupt | X: ${MANIFEST} | it has ${IMAGE.manifest.sizeBytes} bytes, its descriptor says 1`,
  ]);
});

test('a link out of a layout folder is not followed', async () => {
  const root = await makeFolder();
  await cp(fixture('skopeo-oci-layout'), join(root, 'layout'), { recursive: true });
  await mkdir(join(root, 'elsewhere'));
  const blobs = join(root, 'layout/blobs/sha256');
  const [inside, outside] = (await readdir(blobs)).toSorted() as [string, string];
  await cp(join(blobs, outside), join(root, 'elsewhere/blob'));
  await rm(join(blobs, outside));
  await symlink(join(root, 'elsewhere/blob'), join(blobs, outside));
  await cp(join(blobs, inside), join(root, 'layout/blobs/real'));
  await rm(join(blobs, inside));
  await symlink('../real', join(blobs, inside));
  const { blobs: count, findings } = await summarise(join(root, 'layout'));
  expect(count).toBe(8);
  expect(findings.filter((finding) => !finding.includes('extra-entry'))).toEqual([
    `error | archive.entry-outside | X: blobs/sha256/${outside} | a link that leads nowhere, or out of the folder`,
  ]);
});
