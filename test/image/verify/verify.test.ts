import { expect, test } from 'vitest';
import type { Finding } from '../../../src/finding.ts';
import type { LayerEntry } from '../../../src/image/files/file-tree.ts';
import type { ImageSet, LoadedImage } from '../../../src/image/image-set.ts';
import { readProgram } from '../../../src/image/program/program.ts';
import type { BlobFact } from '../../../src/image/verify/verify-blobs.ts';
import { verifyImages, type VerifyInput } from '../../../src/image/verify/verify.ts';
import type { ContainerConfig } from '../../../src/oci/config.ts';
import { blobPath, digestOf, type Digest } from '../../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import { parsePlatform } from '../../../src/platform/parse.ts';
import {
  absent,
  makeAttestation,
  makeDescriptor,
  makeImage,
  makeIndex,
  makeSet,
  type MadeImage,
} from '../../support/image-set.ts';
import { elf } from '../../support/programs.ts';

const AMD64 = elf({ machine: 62, bits: 64, endianness: 'little' });
const ARM64 = elf({ machine: 183, bits: 64, endianness: 'little' });

/** The facts that reading these images gives, as if nothing were wrong with them. */
function gather(set: ImageSet, images: readonly MadeImage[], more: Partial<VerifyInput> = {}): VerifyInput {
  const facts = new Map<Digest, BlobFact>();
  for (const { node, blobs, diffIds } of images) {
    for (const [digest, bytes] of blobs) {
      const position = node.manifest.layers.findIndex((layer) => layer.digest === digest);
      facts.set(digest, {
        digest,
        actualDigest: digest,
        sizeBytes: bytes.length,
        diffId: position === -1 ? null : (diffIds[position] ?? null),
        compression: position === -1 ? null : 'gzip',
        findings: [],
      });
    }
  }
  for (const { node } of set.roots) {
    if (node.kind !== 'index') continue;
    const { digest, sizeBytes } = node.descriptor;
    facts.set(digest, { digest, actualDigest: digest, sizeBytes, diffId: null, compression: null, findings: [] });
  }
  return {
    set,
    findings: [],
    blobNames: new Map([...facts.keys()].map((digest) => [digest, blobPath(digest)])),
    facts,
    layers: new Map(images.flatMap(({ node }) => node.manifest.layers.map(({ digest }) => [digest, []] as const))),
    maySkipManifests: false,
    recipe: null,
    records: [],
    ...more,
  };
}

function without(input: VerifyInput, ...digests: readonly Digest[]): VerifyInput {
  const keep = <Value>(map: ReadonlyMap<Digest, Value>) =>
    new Map([...map].filter(([digest]) => !digests.includes(digest)));
  return { ...input, blobNames: keep(input.blobNames), facts: keep(input.facts) };
}

function withFact(input: VerifyInput, digest: Digest, change: Partial<BlobFact>): VerifyInput {
  const fact = input.facts.get(digest);
  if (fact === undefined) throw new Error(`no fact of ${digest}`);
  return { ...input, facts: new Map(input.facts).set(digest, { ...fact, ...change }) };
}

const brief = (findings: readonly Finding[]) =>
  findings.map(({ severity, code, place, text }) => `${place}: ${severity} ${code}: ${text}`);

function layerOf(image: MadeImage, position = 0): Digest {
  return image.node.manifest.layers[position]?.digest ?? digestOf('none');
}

test('a sound index of images and attestations has no findings', () => {
  const images = ['linux/amd64', 'linux/arm64'].map((platform) => makeImage({ platform }));
  const attestations = images.map(({ node }) => makeAttestation(node.descriptor.digest));
  const all = [...images, ...attestations];
  const set = makeSet('zoo.tar', [makeIndex(all.map(({ node }) => node))]);
  expect(verifyImages(gather(set, all))).toEqual([]);
});

const image = makeImage({ platform: 'linux/arm64', layers: [Buffer.from('one'), Buffer.from('two')] });
const attestation = makeAttestation(image.node.descriptor.digest);
const index = makeIndex([image.node, attestation.node]);
const sound = gather(makeSet('zoo.tar', [index]), [image, attestation]);

test.each<{ what: string; digest: Digest; title: string }>([
  { what: 'index', digest: index.descriptor.digest, title: 'the index' },
  { what: 'manifest', digest: image.node.descriptor.digest, title: 'the manifest of linux/arm64' },
  { what: 'config', digest: image.node.manifest.config.digest, title: 'the config of linux/arm64' },
  { what: 'layer', digest: layerOf(image, 1), title: 'layer 2 of 2 of linux/arm64' },
  { what: 'statement', digest: layerOf(attestation), title: 'the layer of the attestation of linux/arm64' },
])('names a damaged, lying or missing $what', ({ digest, title }) => {
  const place = `zoo.tar: ${blobPath(digest)}`;
  const other = digestOf('other');
  expect(brief(verifyImages(withFact(sound, digest, { actualDigest: other })))).toEqual([
    `${place}: error blob.corrupt: ${title} is damaged or swapped: its bytes have the digest ${other}`,
  ]);
  const size = sound.facts.get(digest)?.sizeBytes ?? 0;
  expect(brief(verifyImages(withFact(sound, digest, { sizeBytes: 3 })))).toEqual([
    `${place}: error blob.size: ${title} has 3 bytes, its descriptor says ${size}`,
  ]);
  expect(brief(verifyImages(without(sound, digest)))).toEqual([
    `${place}: error blob.absent: ${title} is listed, but not in the archive`,
  ]);
});

test('a blob that nothing refers to is a note; damaged, it is an error as well', () => {
  const digest = digestOf('orphan');
  const fact: BlobFact = { digest, actualDigest: digest, sizeBytes: 6, diffId: null, compression: null, findings: [] };
  const input: VerifyInput = {
    ...sound,
    blobNames: new Map(sound.blobNames).set(digest, blobPath(digest)),
    facts: new Map(sound.facts).set(digest, fact),
  };
  const place = `zoo.tar: ${blobPath(digest)}`;
  const note = `${place}: note blob.unreferenced: no manifest refers to this blob`;
  expect(brief(verifyImages(input))).toEqual([note]);
  const actualDigest = digestOf('x');
  expect(brief(verifyImages(withFact(input, digest, { actualDigest })))).toEqual([
    `${place}: error blob.corrupt: a blob that no manifest refers to is damaged or swapped: its bytes have the digest ${actualDigest}`,
    note,
  ]);
});

test.each([
  { maySkipManifests: true, orphan: false, severity: 'note' },
  { maySkipManifests: false, orphan: false, severity: 'error' },
  // Its config and layers are still there, so nobody left it out on purpose.
  { maySkipManifests: true, orphan: true, severity: 'error' },
])('a manifest that is absent: $severity (docker: $maySkipManifests, its blobs there: $orphan)', (row) => {
  const [amd64, arm64] = [makeImage({ platform: 'linux/amd64' }), makeImage({ platform: 'linux/arm64' })];
  const set = makeSet('sparse.tar', [makeIndex([amd64.node, absent(arm64)])]);
  const gathered = gather(set, row.orphan ? [amd64, arm64] : [amd64], { maySkipManifests: row.maySkipManifests });
  const findings = verifyImages(without(gathered, arm64.node.descriptor.digest));
  expect(brief(findings.filter(({ code }) => code === 'blob.absent'))).toEqual([
    `sparse.tar: ${blobPath(arm64.node.descriptor.digest)}: ${row.severity} blob.absent: the manifest of linux/arm64 is listed, but not in the archive`,
  ]);
});

test('an archive of which every image is absent is broken, not sparse', () => {
  const set = makeSet('sparse.tar', [makeIndex([absent(image)])]);
  expect(verifyImages(gather(set, [], { maySkipManifests: true })).map(({ severity }) => severity)).toEqual(['error']);
});

test('a layer that unpacks to something else, and one too few of them in the config', () => {
  const diffId = digestOf('something else');
  const input = withFact(sound, layerOf(image), { diffId });
  expect(brief(verifyImages(input))).toEqual([
    `zoo.tar: linux/arm64: error layer.diff-id: layer 1 of 2 unpacks to ${diffId}, the config says ${image.diffIds[0]}`,
  ]);
  const short = makeImage({
    platform: 'linux/arm64',
    layers: [Buffer.from('1'), Buffer.from('2')],
    diffIds: [digestOf('1')],
  });
  expect(brief(verifyImages(gather(makeSet('zoo.tar', [short.node]), [short])))).toEqual([
    'zoo.tar: linux/arm64: error config.diff-ids: the manifest has 2 layers, the config 1 diff_ids',
  ]);
});

test('a layer that is not what its media type says', () => {
  const input = withFact(sound, layerOf(image), { compression: 'zstd' });
  expect(brief(verifyImages(input))).toEqual([
    `zoo.tar: ${blobPath(layerOf(image))}: error layer.media-type: layer 1 of 2 of linux/arm64 is called ${MEDIA_TYPE.ociLayerGzip}, but its bytes are zstd`,
  ]);
});

test('config and index that name two platforms', () => {
  const liar = makeImage({ platform: 'linux/arm64', listedAs: parsePlatform('linux/amd64') });
  const set = makeSet('zoo.tar', [makeIndex([liar.node])]);
  expect(brief(verifyImages(gather(set, [liar])))).toEqual([
    'zoo.tar: linux/arm64: error platform.disagrees: the config says linux/arm64, the index linux/amd64',
  ]);
});

test('an environment with one name twice', () => {
  const twice = makeImage({ platform: 'linux/amd64', container: { env: ['A=1', 'B=2', 'A=3'] } });
  expect(brief(verifyImages(gather(makeSet('zoo.tar', [twice.node]), [twice])))).toEqual([
    'zoo.tar: linux/amd64: warning config.duplicate-env: the environment has A 2 times: "1", "3"',
  ]);
});

test('an index out of order, with one platform twice and an attestation of nothing', () => {
  const arm64 = [1, 2].map((each) => makeImage({ platform: 'linux/arm64', layers: [Buffer.from(`${each}`)] }));
  const amd64 = makeImage({ platform: 'linux/amd64' });
  const orphan = makeAttestation(digestOf('elsewhere'));
  const all = [...arm64, amd64, orphan];
  const list = makeIndex(all.map(({ node }) => node));
  const place = `zoo.tar: ${blobPath(list.descriptor.digest)}`;
  expect(brief(verifyImages(gather(makeSet('zoo.tar', [list]), all)))).toEqual([
    `${place}: warning attestation.orphan: the attestation ${orphan.node.descriptor.digest} is about ${digestOf('elsewhere')}, which the index does not list`,
    `${place}: warning index.duplicate-platform: the index lists linux/arm64 more than once; clients take the first`,
    `${place}: note index.order: the order is linux/arm64, linux/arm64, linux/amd64; clients take the first match, so it should be linux/amd64, linux/arm64, linux/arm64`,
  ]);
});

test('a foreign layer that is absent is a note, the ordinary one beside it an error', () => {
  const made = makeImage({ platform: 'windows/amd64', layers: [Buffer.from('base'), Buffer.from('own')] });
  const [base, own] = made.node.manifest.layers;
  if (base === undefined || own === undefined) throw new Error('two layers');
  const foreign = { ...base, mediaType: MEDIA_TYPE.dockerForeignLayerGzip, urls: ['https://example.org/base'] };
  const node: LoadedImage = { ...made.node, manifest: { ...made.node.manifest, layers: [foreign, own] } };
  const gathered = gather(makeSet('w.tar', [node]), [made]);
  const layers = new Map([[own.digest, []]]);
  expect(brief(verifyImages({ ...without(gathered, base.digest, own.digest), layers }))).toEqual(
    [
      `w.tar: ${blobPath(base.digest)}: note layer.foreign: layer 1 of 2 of windows/amd64 is foreign and not in the archive; it is fetched from https://example.org/base`,
      `w.tar: ${blobPath(own.digest)}: error blob.absent: layer 2 of 2 of windows/amd64 is listed, but not in the archive`,
      'w.tar: windows/amd64: note program.not-checked: not every layer could be read, so its program was not looked at',
    ].toSorted(),
  );
});

test('findings of opening, loading and reading are passed on, each once', () => {
  const damage: Finding = { code: 'tar.padding', severity: 'error', place: 'zoo.tar', text: 'bytes', hint: null };
  const input = withFact({ ...sound, findings: [damage, damage] }, layerOf(image), { findings: [damage] });
  expect(verifyImages(input)).toEqual([damage]);
});

function program(
  container: Partial<ContainerConfig>,
  entries: readonly LayerEntry[],
  platform = 'linux/amd64',
): readonly string[] {
  const made = makeImage({ platform, container });
  const input = gather(makeSet('zoo.tar', [made.node]), [made], { layers: new Map([[layerOf(made), entries]]) });
  return verifyImages(input).map(({ code, text }) => `${code}: ${text}`);
}

function file(path: string, head: Buffer, mode = 0o755): LayerEntry {
  return { path, kind: 'file', linkName: '', mode, program: readProgram(head) };
}

const link = (path: string, linkName: string): LayerEntry => ({
  path,
  kind: 'symlink',
  linkName,
  mode: 0o777,
  program: null,
});
const dynamic = elf({ machine: 62, bits: 64, endianness: 'little', interpreter: '/lib/ld.so' });

test.each<{ name: string; container: Partial<ContainerConfig>; files: LayerEntry[]; found: string[] }>([
  { name: 'no command', container: {}, files: [], found: [] },
  { name: 'an absolute path', container: { entrypoint: ['/bin/x'] }, files: [file('bin/x', AMD64)], found: [] },
  { name: 'cmd alone', container: { cmd: ['x'], env: ['PATH=/opt:/bin'] }, files: [file('bin/x', AMD64)], found: [] },
  { name: 'the default PATH', container: { entrypoint: ['x'] }, files: [file('usr/local/bin/x', AMD64)], found: [] },
  {
    name: 'a path from the working folder',
    container: { entrypoint: ['./x'], workingDir: '/app/' },
    files: [file('app/x', AMD64)],
    found: [],
  },
  {
    name: 'a link',
    container: { entrypoint: ['/bin/x'] },
    files: [link('bin', 'usr/bin'), file('usr/bin/x', AMD64)],
    found: [],
  },
  {
    name: 'the last PATH, where there are two',
    container: { entrypoint: ['x'], env: ['PATH=/bin', 'PATH=/opt'] },
    files: [file('bin/x', AMD64)],
    found: [
      'config.duplicate-env: the environment has PATH 2 times: "/bin", "/opt"',
      'program.missing: the program "x" is in no folder of PATH (/opt)',
    ],
  },
  {
    name: 'nothing there',
    container: { entrypoint: ['/bin/x'] },
    files: [file('bin/y', AMD64)],
    found: ['program.missing: the program "/bin/x" is not in the image'],
  },
  {
    name: 'a shell form without a shell',
    container: { cmd: ['/bin/sh', '-c', 'x'] },
    files: [],
    found: ['program.missing: the program "/bin/sh" is not in the image'],
  },
  {
    name: 'a folder',
    container: { entrypoint: ['/bin'] },
    files: [file('bin/y', AMD64)],
    found: ['program.missing: the program "/bin" is not in the image'],
  },
  {
    name: 'no x bit',
    container: { entrypoint: ['/bin/x'] },
    files: [file('bin/x', AMD64, 0o644)],
    found: ['program.not-executable: the program /bin/x has mode 0644'],
  },
  {
    name: 'another machine',
    container: { entrypoint: ['x'], env: ['PATH=/bin'] },
    files: [file('bin/x', ARM64)],
    found: ['program.wrong-machine: /bin/x is an ELF program for arm64, the image is for linux/amd64'],
  },
  {
    name: 'dynamic on scratch',
    container: { entrypoint: ['/bin/x'] },
    files: [file('bin/x', dynamic)],
    found: ['program.no-interpreter: /bin/x is linked dynamically and needs /lib/ld.so, which is not in the image'],
  },
  {
    name: 'dynamic with its linker',
    container: { entrypoint: ['/x'] },
    files: [file('x', dynamic), file('lib/ld.so', AMD64)],
    found: [],
  },
  {
    name: 'a script without its shell',
    container: { entrypoint: ['/x'] },
    files: [file('x', Buffer.from('#!/bin/sh\n'))],
    found: ['program.no-interpreter: /x is a script for /bin/sh, which is not in the image'],
  },
  {
    name: 'a script whose shell is for another machine',
    container: { entrypoint: ['/x'] },
    files: [file('x', Buffer.from('#!/bin/sh\n')), file('bin/sh', ARM64)],
    found: ['program.wrong-machine: /bin/sh is an ELF program for arm64, the image is for linux/amd64'],
  },
  {
    name: 'scripts in a circle',
    container: { entrypoint: ['/x'] },
    files: [file('x', Buffer.from('#!/x\n'))],
    found: [],
  },
])('the program: $name', ({ container, files, found }) => {
  expect(program(container, files)).toEqual(found);
});

test('a Windows program is found below Files; one in a base that is elsewhere is not missed', () => {
  const found = [file('Files/app/x.exe', AMD64)];
  expect(program({ entrypoint: ['C:\\app\\x.exe'] }, found, 'windows/amd64')).toEqual([
    'program.wrong-machine: /Files/app/x.exe is an ELF program for amd64, the image is for windows/amd64',
  ]);
  expect(program({ entrypoint: ['cmd.exe'] }, found, 'windows/amd64')).toEqual([]);
});

test('a layer of a media type that no runtime unpacks', () => {
  const made = makeImage({ platform: 'linux/amd64' });
  const extra = makeDescriptor('text/plain', Buffer.from('x'));
  const node = { ...made.node, manifest: { ...made.node.manifest, layers: [...made.node.manifest.layers, extra] } };
  const findings = verifyImages(gather(makeSet('zoo.tar', [node]), [made]));
  expect(findings.map(({ code }) => code)).toContain('layer.media-type');
});
