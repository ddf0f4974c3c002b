import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeImages, type MergeInput, type MergePlan } from '../../src/image/merge.ts';
import type { ImageSet, LoadedImage } from '../../src/image/image-set.ts';
import { ATTESTATION } from '../../src/oci/descriptor.ts';
import { blobPath, digestOf, type Digest } from '../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import {
  absent,
  makeArtifact,
  makeAttestation,
  makeDescriptor,
  makeImage,
  makeIndex,
  makeSet,
  type MadeImage,
} from '../support/image-set.ts';

const NOTHING_ELSE = { names: [], dockerCompat: null };

function input(set: ImageSet, images: readonly MadeImage[], without: readonly Digest[] = []): MergeInput {
  const held = new Set(images.flatMap(({ blobs }) => [...blobs.keys()]));
  return { set, has: (digest) => held.has(digest) && !without.includes(digest) };
}

/** An archive with one image and its attestation, as buildx writes it. */
function attested(platform: string): { image: MadeImage; attestation: MadeImage; input: MergeInput } {
  const image = makeImage({ platform });
  const attestation = makeAttestation(image.node.descriptor.digest);
  const set = makeSet(`${platform.replaceAll('/', '-')}.tar`, [makeIndex([image.node, attestation.node])]);
  return { image, attestation, input: input(set, [image, attestation]) };
}

function childrenOf(plan: MergePlan): readonly unknown[] {
  const document: unknown = JSON.parse(plan.index.bytes.toString());
  return (document as { manifests: unknown[] }).manifests;
}

const platformsOf = (plan: MergePlan) => plan.children.map(({ kind, platform }) => platform?.arch ?? kind);

test('merges archives into one index in the order of selection, attestations behind their subjects', () => {
  const [s390x, armV7, amd64] = [attested('linux/s390x'), attested('linux/arm/v7'), attested('linux/amd64')];
  const windows = makeImage({ platform: 'windows/amd64' });
  const plan = mergeImages(
    [s390x.input, input(makeSet('win.tar', [windows.node]), [windows]), armV7.input, amd64.input],
    NOTHING_ELSE,
  );
  expect(childrenOf(plan)).toEqual([
    entry(amd64.image, { architecture: 'amd64', os: 'linux' }),
    attestationEntry(amd64.attestation, amd64.image),
    entry(armV7.image, { architecture: 'arm', os: 'linux', variant: 'v7' }),
    attestationEntry(armV7.attestation, armV7.image),
    entry(s390x.image, { architecture: 's390x', os: 'linux' }),
    attestationEntry(s390x.attestation, s390x.image),
    entry(windows, { architecture: 'amd64', os: 'windows' }),
  ]);
  expect(plan.findings).toEqual([]);
  expect(plan.index.digest).toBe(digestOf(plan.index.bytes));
  expect(plan.index.mediaType).toBe(MEDIA_TYPE.ociIndex);
});

function entry({ node }: MadeImage, platform: object): object {
  const { mediaType, digest, sizeBytes } = node.descriptor;
  return { mediaType, digest, size: sizeBytes, platform };
}

function attestationEntry(attestation: MadeImage, image: MadeImage): object {
  return {
    ...entry(attestation, { architecture: 'unknown', os: 'unknown' }),
    annotations: {
      [ATTESTATION.subjectKey]: image.node.descriptor.digest,
      [ATTESTATION.typeKey]: ATTESTATION.typeValue,
    },
  };
}

test('what is to be said of images is said of them, and of nothing else', () => {
  const [amd64, arm64] = [attested('linux/amd64'), attested('linux/arm64')];
  const { digest } = amd64.image.node.descriptor;
  const said = { b: '2', a: '1' };
  const annotations = new Map([
    [digest, said],
    [amd64.attestation.node.descriptor.digest, said],
    [digestOf('another'), said],
  ]);
  const plan = mergeImages([amd64.input, arm64.input], { ...NOTHING_ELSE, annotations });
  expect(childrenOf(plan)).toEqual([
    { ...entry(amd64.image, { architecture: 'amd64', os: 'linux' }), annotations: said },
    attestationEntry(amd64.attestation, amd64.image),
    entry(arm64.image, { architecture: 'arm64', os: 'linux' }),
    attestationEntry(arm64.attestation, arm64.image),
  ]);
  expect(plan.index.bytes.toString()).toContain('"annotations":{"a":"1","b":"2"}');
  // An index that was made so keeps it, and what is said anew wins.
  const older = makeImage({ platform: 'linux/amd64', annotations: { a: '0', c: '3' } });
  const renewed = mergeImages([input(makeSet('older.tar', [makeIndex([older.node])]), [older])], {
    ...NOTHING_ELSE,
    annotations: new Map([[older.node.descriptor.digest, said]]),
  });
  expect(childrenOf(renewed)).toMatchObject([{ annotations: { a: '1', b: '2', c: '3' } }]);
});

test('lists each blob once: the index, manifests, configs, layers in the order of their first use', () => {
  const shared = Buffer.from('shared');
  const arm64 = makeImage({ platform: 'linux/arm64', layers: [shared, Buffer.from('arm64')] });
  const amd64 = makeImage({ platform: 'linux/amd64', layers: [shared, Buffer.from('amd64')] });
  const plan = mergeImages(
    [input(makeSet('a.tar', [arm64.node]), [arm64]), input(makeSet('b.tar', [amd64.node]), [amd64])],
    NOTHING_ELSE,
  );
  const [first, second] = [amd64.node.manifest, arm64.node.manifest];
  expect(plan.blobs.map(({ role, digest }) => [role, digest])).toEqual([
    ['index', plan.index.digest],
    ['manifest', amd64.node.descriptor.digest],
    ['manifest', arm64.node.descriptor.digest],
    ['config', first.config.digest],
    ['config', second.config.digest],
    ['layer', first.layers[0]?.digest],
    ['layer', first.layers[1]?.digest],
    ['layer', second.layers[1]?.digest],
  ]);
  expect(plan.blobs.slice(0, 5).map(({ bytes }) => bytes)).toEqual([
    plan.index.bytes,
    amd64.node.raw,
    arm64.node.raw,
    amd64.node.config?.raw,
    arm64.node.config?.raw,
  ]);
  expect(plan.blobs.slice(5).every(({ bytes }) => bytes === null)).toBe(true);
});

function bytesOf(inputs: readonly MergeInput[]): readonly string[] {
  const plan = mergeImages(inputs, { names: [parseReference('zoo:1')], dockerCompat: parsePlatform('linux/arm64') });
  return [plan.index.bytes, plan.indexJson, plan.dockerManifest, ...plan.blobs.map(({ digest }) => digest)].map(String);
}

test('the order of the inputs, of their children and repeated inputs change no byte', () => {
  const archives = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/arm/v6', 'windows/amd64'].map(attested);
  const artifacts = ['one', 'two'].map((text) => makeArtifact(text));
  const notes = input(
    makeSet(
      'notes.tar',
      artifacts.map(({ node }) => node),
    ),
    artifacts,
  );
  const all = [...archives.map((archive) => archive.input), notes];
  const expected = bytesOf(all);
  const inputs = fc.tuple(fc.shuffledSubarray(all, { minLength: all.length }), fc.subarray(all), fc.boolean());
  fc.assert(
    fc.property(inputs, ([shuffled, again, isReversed]) => {
      const turned = shuffled.map(({ set, has }): MergeInput => {
        const roots = isReversed ? set.roots.toReversed() : set.roots;
        return { set: { ...set, roots }, has };
      });
      expect(bytesOf([...turned, ...again])).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test('refuses one platform with two images, whatever the order, and names both', () => {
  const one = makeImage({ platform: 'linux/arm64', layers: [Buffer.from('one')] });
  const two = makeImage({ platform: 'linux/arm64', layers: [Buffer.from('two')] });
  const inputs = [input(makeSet('one.tar', [one.node]), [one]), input(makeSet('two.tar', [two.node]), [two])];
  const accounts = [one, two]
    .map(({ node }, index) => `${node.descriptor.digest} in ${['one', 'two'][index]}.tar`)
    .toSorted();
  const expected = expect.objectContaining({
    code: 'merge.platform-conflict',
    message: `two images for linux/arm64: ${accounts.join(' and ')}`,
    hint: 'an index has one image per platform; leave one of the archives out',
  });
  expect(() => mergeImages(inputs, NOTHING_ELSE)).toThrow(expected);
  expect(() => mergeImages(inputs.toReversed(), NOTHING_ELSE)).toThrow(expected);
});

test('merges the same image of two archives, with what both say of it', () => {
  const image = makeImage({ platform: 'linux/amd64', annotations: { note: 'b', only: 'here' } });
  const again: LoadedImage = {
    ...image.node,
    descriptor: { ...image.node.descriptor, platform: null, annotations: { note: 'a', 'config.digest': 'sha256:0' } },
  };
  const plan = mergeImages(
    [input(makeSet('one.tar', [makeIndex([image.node])]), [image]), input(makeSet('two.tar', [again]), [image])],
    NOTHING_ELSE,
  );
  expect(childrenOf(plan)).toEqual([
    { ...entry(image, { architecture: 'amd64', os: 'linux' }), annotations: { note: 'a', only: 'here' } },
  ]);
  expect(plan.children.map(({ sources }) => sources)).toEqual([['one.tar', 'two.tar']]);
  expect(plan.findings).toEqual([
    {
      code: 'merge.annotation-differs',
      severity: 'note',
      place: `one.tar, two.tar: ${blobPath(image.node.descriptor.digest)}`,
      text: 'the archives give different values of the annotation "note"; the smallest was taken',
      hint: null,
    },
  ]);
});

test('drops names and the time of the export, and keeps what is about the image', () => {
  const annotations = {
    'io.containerd.image.name': 'docker.io/library/zoo:1',
    'org.opencontainers.image.ref.name': '1',
    'org.opencontainers.image.created': '2026-11-21T03:57:57Z',
    'com.example.about': 'the image',
  };
  const image = makeImage({ platform: 'linux/amd64', annotations });
  const asRoot = mergeImages([input(makeSet('a.tar', [image.node]), [image])], NOTHING_ELSE);
  expect(childrenOf(asRoot)).toMatchObject([{ annotations: { 'com.example.about': 'the image' } }]);
  const asChild = mergeImages([input(makeSet('a.tar', [makeIndex([image.node])]), [image])], NOTHING_ELSE);
  expect(childrenOf(asChild)).toMatchObject([
    { annotations: { 'com.example.about': 'the image', 'org.opencontainers.image.created': '2026-11-21T03:57:57Z' } },
  ]);
});

test('takes the platform from the config, and from the descriptor what the config leaves open', () => {
  const listed = parsePlatform('windows(10.0.20348.1)/amd64');
  const image = makeImage({ platform: 'windows/amd64', listedAs: listed });
  const bare = makeImage({ platform: 'linux/s390x', listedAs: null });
  const inputs = [input(makeSet('w.tar', [image.node]), [image]), input(makeSet('s.tar', [bare.node]), [bare])];
  expect(childrenOf(mergeImages(inputs, NOTHING_ELSE))).toMatchObject([
    { platform: { architecture: 's390x', os: 'linux' } },
    { platform: { architecture: 'amd64', os: 'windows', 'os.version': '10.0.20348.1' } },
  ]);
});

test('refuses a config and a descriptor that disagree', () => {
  const image = makeImage({ platform: 'linux/arm64', listedAs: parsePlatform('linux/amd64') });
  expect(() => mergeImages([input(makeSet('a.tar', [image.node]), [image])], NOTHING_ELSE)).toThrow(
    expect.objectContaining({
      code: 'platform.disagrees',
      place: 'a.tar',
      message: `the platform of ${image.node.descriptor.digest} is unclear: its config says linux/arm64, the index that lists it linux/amd64`,
    }),
  );
});

test('an arm config without variant leaves the variant to the descriptor', () => {
  const image = makeImage({ platform: 'linux/arm/v7', listedAs: parsePlatform('linux/arm/v6') });
  const raw = Buffer.from(JSON.stringify({ architecture: 'arm', os: 'linux' }));
  const old: LoadedImage = { ...image.node, config: image.node.config && { ...image.node.config, raw } };
  const plan = mergeImages([input(makeSet('old.tar', [old]), [image])], NOTHING_ELSE);
  expect(childrenOf(plan)).toMatchObject([{ platform: { architecture: 'arm', os: 'linux', variant: 'v6' } }]);
});

test('leaves out what is absent, unless another archive has it', () => {
  const [amd64, arm64] = [makeImage({ platform: 'linux/amd64' }), makeImage({ platform: 'linux/arm64' })];
  const sparse = input(makeSet('sparse.tar', [makeIndex([amd64.node, absent(arm64)])]), [amd64]);
  const alone = mergeImages([sparse], NOTHING_ELSE);
  expect(platformsOf(alone)).toEqual(['amd64']);
  expect(alone.findings).toEqual([
    {
      code: 'merge.absent-child',
      severity: 'warning',
      place: `sparse.tar: ${blobPath(arm64.node.descriptor.digest)}`,
      text: 'the manifest for linux/arm64 is listed, but not in the archive; it is left out',
      hint: null,
    },
  ]);
  const both = mergeImages([sparse, input(makeSet('arm64.tar', [arm64.node]), [arm64])], NOTHING_ELSE);
  expect(platformsOf(both)).toEqual(['amd64', 'arm64']);
  expect(both.findings).toEqual([]);
});

test('leaves out an attestation whose subject is nowhere, and says so', () => {
  const image = makeImage({ platform: 'linux/amd64' });
  const about = digestOf('elsewhere');
  const orphan = makeAttestation(about);
  const set = makeSet('a.tar', [makeIndex([image.node, orphan.node])]);
  const plan = mergeImages([input(set, [image, orphan])], NOTHING_ELSE);
  expect(platformsOf(plan)).toEqual(['amd64']);
  expect(plan.findings.map(({ code, severity, text }) => [code, severity, text])).toEqual([
    [
      'merge.orphan-attestation',
      'warning',
      `the attestation is about ${about}, which none of the archives holds; it is left out`,
    ],
  ]);
});

test('an image without one of its blobs is an error; another archive may hold it', () => {
  const image = makeImage({ platform: 'linux/amd64' });
  const layer = image.node.manifest.layers[0]?.digest ?? digestOf('');
  const set = makeSet('a.tar', [image.node]);
  const broken = input(set, [image], [layer]);
  expect(() => mergeImages([broken], NOTHING_ELSE)).toThrow(
    expect.objectContaining({
      code: 'merge.absent-blob',
      message: `the image for linux/amd64 lacks its layer ${layer}`,
      place: 'a.tar',
    }),
  );
  expect(mergeImages([broken, input(makeSet('b.tar', []), [image])], NOTHING_ELSE).blobs).toHaveLength(4);
});

test('a foreign layer may be absent beside ordinary ones', () => {
  const image = makeImage({ platform: 'windows/amd64', layers: [Buffer.from('base'), Buffer.from('own')] });
  const [base, own] = image.node.manifest.layers;
  if (base === undefined || own === undefined) throw new Error('two layers');
  const foreign = { ...base, mediaType: MEDIA_TYPE.dockerForeignLayerGzip, urls: ['https://example.org/base'] };
  const node = { ...image.node, manifest: { ...image.node.manifest, layers: [foreign, own] } };
  const inputs = [input(makeSet('w.tar', [node]), [image], [base.digest])];
  const plan = mergeImages(inputs, NOTHING_ELSE);
  expect(plan.blobs.filter(({ role }) => role === 'layer').map(({ digest }) => digest)).toEqual([own.digest]);
  expect(() => mergeImages(inputs, { names: [], dockerCompat: parsePlatform('windows/amd64') })).toThrow(
    expect.objectContaining({ code: 'merge.docker-compat' }),
  );
});

test('keeps artifacts at the end, ordered by digest', () => {
  const image = makeImage({ platform: 'linux/amd64' });
  const artifacts = ['x', 'y', 'z'].map((text) => makeArtifact(text));
  const set = makeSet('a.tar', [...artifacts.map(({ node }) => node), image.node]);
  const plan = mergeImages([input(set, [image, ...artifacts])], NOTHING_ELSE);
  const digests = artifacts.map(({ node }) => node.descriptor.digest).toSorted();
  expect(plan.children.map(({ digest }) => digest)).toEqual([image.node.descriptor.digest, ...digests]);
  expect(childrenOf(plan)[1]).toMatchObject({ digest: digests[0], artifactType: 'application/vnd.example.note' });
});

test('a referrer is kept as it is; one whose subject is not there is told of', () => {
  const image = makeImage({ platform: 'linux/amd64' });
  const refer = (text: string, to: Digest) => {
    const made = makeArtifact(text);
    const subject = makeDescriptor(MEDIA_TYPE.ociManifest, Buffer.from(''), { digest: to });
    return { ...made, node: { ...made.node, manifest: { ...made.node.manifest, subject } } };
  };
  const [kept, lost] = [refer('a', image.node.descriptor.digest), refer('b', digestOf('an index'))];
  const set = makeSet('a.tar', [kept.node, lost.node, image.node]);
  const plan = mergeImages([input(set, [image, kept, lost])], NOTHING_ELSE);
  expect(plan.children.map(({ kind }) => kind)).toEqual(['image', 'artifact', 'artifact']);
  expect(plan.findings).toEqual([
    {
      code: 'merge.absent-subject',
      severity: 'warning',
      place: `a.tar: ${blobPath(lost.node.descriptor.digest)}`,
      text: `the artifact is about ${digestOf('an index')}, which is not in the merged index`,
      hint: null,
    },
  ]);
});

test('Windows: os.version and os.features are kept, and newer ones come first', () => {
  const make = (osVersion: string, osFeatures: readonly string[] = []) => {
    const platform = { ...parsePlatform('windows/amd64'), osVersion, osFeatures };
    return makeImage({ platform: 'windows/amd64', layers: [Buffer.from(osVersion)], listedAs: platform });
  };
  const images = [make('10.0.17763.1'), make('10.0.20348.1', ['win32k']), makeImage({ platform: 'linux/amd64' })];
  const inputs = images.map((image, index) => input(makeSet(`${index}.tar`, [image.node]), [image]));
  expect(childrenOf(mergeImages(inputs, NOTHING_ELSE))).toMatchObject([
    { platform: { os: 'linux', architecture: 'amd64' } },
    {
      platform: { os: 'windows', architecture: 'amd64', 'os.version': '10.0.20348.1', 'os.features': ['win32k'] },
    },
    { platform: { os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763.1' } },
  ]);
});

test('zstd layers and docker children go through as they are', () => {
  const [docker, oci] = [
    makeImage({ platform: 'linux/amd64', family: 'docker' }),
    makeImage({ platform: 'linux/arm64' }),
  ];
  const zstd = oci.node.manifest.layers.map((layer) => ({ ...layer, mediaType: MEDIA_TYPE.ociLayerZstd }));
  const node = { ...oci.node, manifest: { ...oci.node.manifest, layers: zstd } };
  const sets = [makeSet('d.tar', [docker.node]), makeSet('z.tar', [node])];
  const plan = mergeImages(
    sets.map((set, index) => input(set, [index === 0 ? docker : oci])),
    NOTHING_ELSE,
  );
  expect(plan.index.mediaType).toBe(MEDIA_TYPE.ociIndex);
  expect(plan.children.map(({ mediaType }) => mediaType)).toEqual([MEDIA_TYPE.dockerManifest, MEDIA_TYPE.ociManifest]);
});

test.each([
  ['linux/arm/v6', 'the archive says linux/arm64', 'linux/arm64'],
  ['linux/arm64', null, 'linux/arm64'],
])('the platform %s by the word of the user', (given, overruled, own) => {
  const image = makeImage({ platform: own });
  const one = { ...input(makeSet('a.tar', [image.node]), [image]), platform: parsePlatform(given) };
  const plan = mergeImages([one], NOTHING_ELSE);
  expect(plan.children.map(({ platform }) => platform)).toEqual([parsePlatform(given)]);
  expect(plan.findings.map(({ code, text }) => `${code}: ${text}`)).toEqual(
    overruled === null ? [] : [`merge.platform-given: it is listed as ${given}, as you said; ${overruled}`],
  );
});

test('a config and a descriptor that disagree are settled by the user; several images are not', () => {
  const image = makeImage({ platform: 'linux/arm64', listedAs: parsePlatform('linux/amd64') });
  const one = input(makeSet('a.tar', [image.node]), [image]);
  const plan = mergeImages([{ ...one, platform: parsePlatform('linux/arm64') }], NOTHING_ELSE);
  expect(plan.findings.map(({ text }) => text)).toEqual([
    'it is listed as linux/arm64, as you said; its config says linux/arm64, the index that lists it linux/amd64',
  ]);
  const other = makeImage({ platform: 'linux/s390x' });
  const both = input(makeSet('b.tar', [image.node, other.node]), [image, other]);
  expect(() => mergeImages([{ ...both, platform: parsePlatform('linux/arm64') }], NOTHING_ELSE)).toThrow(
    expect.objectContaining({ code: 'merge.several-images', place: 'b.tar' }),
  );
});

test("an index of docker's images only is docker's manifest list", () => {
  const docker = makeImage({ platform: 'linux/amd64', family: 'docker' });
  const oci = makeImage({ platform: 'linux/arm64' });
  const one = input(makeSet('d.tar', [docker.node]), [docker]);
  expect(mergeImages([one], NOTHING_ELSE).index.mediaType).toBe(MEDIA_TYPE.dockerIndex);
  const mixed = mergeImages([one, input(makeSet('o.tar', [oci.node]), [oci])], NOTHING_ELSE);
  expect(mixed.index.mediaType).toBe(MEDIA_TYPE.ociIndex);
  expect(mixed.children.map(({ mediaType }) => mediaType)).toEqual([MEDIA_TYPE.dockerManifest, MEDIA_TYPE.ociManifest]);
});

test.each([
  { names: [], annotations: [undefined] },
  {
    names: ['zoo:1'],
    annotations: [{ 'io.containerd.image.name': 'docker.io/library/zoo:1', 'org.opencontainers.image.ref.name': '1' }],
  },
  {
    names: ['localhost:5000/a/zoo:1', 'localhost:5000/a/zoo:latest'],
    annotations: [
      { 'io.containerd.image.name': 'localhost:5000/a/zoo:1', 'org.opencontainers.image.ref.name': '1' },
      { 'io.containerd.image.name': 'localhost:5000/a/zoo:latest', 'org.opencontainers.image.ref.name': 'latest' },
    ],
  },
])('index.json wraps the index under the names $names', ({ names, annotations }) => {
  const { input: archive } = attested('linux/amd64');
  const plan = mergeImages([archive], { names: names.map(parseReference), dockerCompat: null });
  expect(JSON.parse(plan.indexJson.toString())).toEqual({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociIndex,
    manifests: annotations.map((each) => ({
      mediaType: MEDIA_TYPE.ociIndex,
      digest: plan.index.digest,
      size: plan.index.bytes.length,
      ...(each === undefined ? {} : { annotations: each }),
    })),
  });
});

test("manifest.json for docker's classic store names one platform's blobs", () => {
  const [amd64, arm64] = [attested('linux/amd64'), attested('linux/arm64')];
  const names = ['docker.io/library/zoo:1', 'registry.example.org/zoo:1'].map(parseReference);
  const options = { names, dockerCompat: parsePlatform('linux/arm64') };
  const plan = mergeImages([amd64.input, arm64.input], options);
  const { config, layers } = arm64.image.node.manifest;
  expect(JSON.parse(String(plan.dockerManifest))).toEqual([
    {
      Config: blobPath(config.digest),
      RepoTags: ['zoo:1', 'registry.example.org/zoo:1'],
      Layers: layers.map(({ digest }) => blobPath(digest)),
    },
  ]);
  expect(() => mergeImages([amd64.input], options)).toThrow(
    expect.objectContaining({
      code: 'merge.docker-compat',
      message: 'the index has no image for linux/arm64',
      hint: 'it has linux/amd64',
    }),
  );
});

test('refuses two sizes for one digest', () => {
  const [amd64, arm64] = ['linux/amd64', 'linux/arm64'].map((platform) =>
    makeImage({ platform, layers: [Buffer.from('x')] }),
  );
  if (amd64 === undefined || arm64 === undefined) throw new Error('two images');
  const [layer] = arm64.node.manifest.layers;
  if (layer === undefined) throw new Error('one layer');
  const liar = { ...arm64.node, manifest: { ...arm64.node.manifest, layers: [{ ...layer, sizeBytes: 7 }] } };
  const inputs = [input(makeSet('a.tar', [amd64.node]), [amd64]), input(makeSet('b.tar', [liar]), [arm64])];
  expect(() => mergeImages(inputs, NOTHING_ELSE)).toThrow(
    expect.objectContaining({
      code: 'merge.size-disagrees',
      message: `${layer.digest} is 7 bytes in one manifest, ${layer.sizeBytes} in another`,
    }),
  );
});

test("tells which of an index's own fields are lost", () => {
  const image = makeImage({ platform: 'linux/amd64' });
  const index = makeIndex([image.node], { 'org.opencontainers.image.title': 'zoo' });
  const plan = mergeImages([input(makeSet('a.tar', [index]), [image])], NOTHING_ELSE);
  expect(plan.findings).toEqual([
    {
      code: 'merge.index-fields',
      severity: 'note',
      place: `a.tar: ${blobPath(index.descriptor.digest)}`,
      text: 'the index\'s own annotation "org.opencontainers.image.title" is not carried over to the merged index',
      hint: null,
    },
  ]);
});

test('refuses archives without an image', () => {
  const artifact = makeArtifact('note');
  const attempt = () => mergeImages([input(makeSet('a.tar', [artifact.node]), [artifact])], NOTHING_ELSE);
  expect(attempt).toThrow(expect.objectContaining({ code: 'merge.no-image', place: 'a.tar' }));
});

test('a descriptor that brings its bytes along needs no blob', () => {
  const artifact = makeArtifact('note');
  const image = makeImage({ platform: 'linux/amd64' });
  const config = makeDescriptor(MEDIA_TYPE.ociEmpty, Buffer.from('{}'), { data: Buffer.from('{}') });
  const node = { ...artifact.node, manifest: { ...artifact.node.manifest, config } };
  const set = makeSet('a.tar', [image.node, node]);
  const plan = mergeImages([input(set, [image, artifact], [config.digest])], NOTHING_ELSE);
  expect(plan.blobs.find(({ digest }) => digest === config.digest)?.bytes?.toString()).toBe('{}');
});
