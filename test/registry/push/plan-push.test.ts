import { expect, test } from 'vitest';
import type { ImageSet, LoadedImage, LoadedNode } from '../../../src/image/image-set.ts';
import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import { parsePlatform } from '../../../src/platform/parse.ts';
import { planPush, type PushPlan } from '../../../src/registry/push/plan-push.ts';
import { groupTargets, parsePushReference, requireDigests } from '../../../src/registry/push/push-destination.ts';
import { choosePushRoots } from '../../../src/registry/push/push-roots.ts';
import type { RepositoryState, SurveyedTarget } from '../../../src/registry/push/push-survey.ts';
import { requireComplete } from '../../../src/registry/push/push-survey.ts';
import { bytesToSend, planTransfers } from '../../../src/registry/push/push-transfers.ts';
import type { Repository } from '../../../src/registry/repository/repository.ts';
import { absent, makeArtifact, makeAttestation, makeImage, makeIndex, makeSet } from '../../support/image-set.ts';

const amd64 = makeImage({ platform: 'linux/amd64' });
const arm64 = makeImage({ platform: 'linux/arm64' });
const proof = makeAttestation(amd64.node.descriptor.digest);

/** An artifact that says what it is about. */
function about(subject: LoadedNode, text: string): LoadedImage {
  const { node } = makeArtifact(text);
  return { ...node, manifest: { ...node.manifest, subject: subject.descriptor } };
}

function plan(set: ImageSet, more: { readonly has?: () => boolean; readonly sendsForeign?: boolean } = {}): PushPlan {
  const roots = choosePushRoots(set, { chosen: null, platform: null });
  return planPush(roots, { source: set.source, has: () => true, sendsForeign: false, ...more });
}

const titles = ({ levels }: PushPlan) => levels.map((level) => level.map(({ title }) => title));

test('children come before their index, which stays byte for byte', () => {
  const index = makeIndex([amd64.node, arm64.node, proof.node]);
  const { root, levels, blobs, absent: missing } = plan(makeSet('a.tar', [index]));
  expect(root).toMatchObject({ digest: index.descriptor.digest, bytes: index.raw, mediaType: MEDIA_TYPE.ociIndex });
  expect(levels.map((level) => level.map(({ digest }) => digest))).toEqual([
    [amd64, arm64, proof].map(({ node }) => node.descriptor.digest),
    [index.descriptor.digest],
  ]);
  expect(blobs.map(({ title }) => title)).toEqual([
    'the config of linux/amd64',
    'the layer of linux/amd64',
    'the config of linux/arm64',
    'the layer of linux/arm64',
    'the config of the attestation of linux/amd64',
    'the layer of the attestation of linux/amd64',
  ]);
  expect(missing).toEqual([]);
});

test('an index in an index, and a blob that is named twice', () => {
  const twin = makeImage({ platform: 'linux/amd64', container: { user: 'other' } });
  const outer = makeIndex([makeIndex([amd64.node]), makeIndex([twin.node, amd64.node])]);
  const { levels, blobs } = plan(makeSet('a.tar', [outer]));
  expect(levels.map(({ length }) => length)).toEqual([2, 2, 1]);
  expect(new Set(blobs.map(({ digest }) => digest)).size).toBe(blobs.length);
});

test('what stands beside an index and is about it comes after it, in its own order', () => {
  const index = makeIndex([amd64.node]);
  const materials = about(index, 'a list of materials');
  const signature = about(materials, 'its signature');
  const set = makeSet('a.tar', [signature, materials, index]);
  expect(choosePushRoots(set, { chosen: null, platform: null })).toEqual({
    main: index,
    referrers: [materials, signature],
    lost: [],
  });
  expect(titles(plan(set)).map((level) => level.length)).toEqual([1, 1, 1, 1]);
});

test('an archive with several images wants one of them named', () => {
  const set: ImageSet = {
    source: 'a.tar',
    roots: [
      { names: ['docker.io/library/zoo:1', 'docker.io/library/zoo:2'], node: amd64.node },
      { names: [], node: arm64.node },
    ],
  };
  expect(() => choosePushRoots(set, { chosen: null, platform: null })).toThrowError(
    expect.objectContaining({
      code: 'push.several-images',
      message: `the archive holds 2 images: docker.io/library/zoo:1, docker.io/library/zoo:2; ${arm64.node.descriptor.digest.slice(0, 19)}`,
    }),
  );
  const chosen = new Set([arm64.node.descriptor.digest]);
  expect(choosePushRoots(set, { chosen, platform: null }).main).toBe(arm64.node);
});

test('a part of an index goes with what is about that part', () => {
  const index = makeIndex([amd64.node, arm64.node]);
  const [mine, other] = [about(amd64.node, 'about amd64'), about(arm64.node, 'about arm64')];
  const roots = choosePushRoots(makeSet('a.tar', [index, mine, other]), {
    chosen: null,
    platform: parsePlatform('linux/amd64'),
  });
  expect(roots).toEqual({ main: amd64.node, referrers: [mine], lost: [] });
});

test('a part whose attestation is absent goes without it, and that is said', () => {
  const set = makeSet('a.tar', [makeIndex([amd64.node, absent(proof), absent(arm64)])]);
  const roots = choosePushRoots(set, { chosen: null, platform: parsePlatform('linux/amd64') });
  expect(roots).toEqual({ main: amd64.node, referrers: [], lost: [proof.node.descriptor] });
  const { findings } = planPush(roots, { source: 'a.tar', has: () => true, sendsForeign: false });
  expect(findings).toEqual([
    {
      code: 'push.lost-attestation',
      severity: 'warning',
      place: `a.tar: ${proof.node.descriptor.digest}`,
      text: 'the attestation is listed, but not there; the part of the index is made without it',
      hint: null,
    },
  ]);
});

test('an archive without an image', () => {
  expect(() => plan(makeSet('a.tar', []))).toThrowError(expect.objectContaining({ code: 'push.no-image' }));
  expect(() => plan(makeSet('a.tar', [absent(amd64)]))).toThrowError(
    expect.objectContaining({ code: 'push.no-image' }),
  );
});

function withLayer(mediaType: string, urls: readonly string[]): LoadedImage {
  const [layer] = amd64.node.manifest.layers;
  if (layer === undefined) throw new Error('no layer');
  return { ...amd64.node, manifest: { ...amd64.node.manifest, layers: [{ ...layer, mediaType, urls }] } };
}

test('a foreign layer is sent when it is asked for and there', () => {
  const set = makeSet('a.tar', [withLayer(MEDIA_TYPE.dockerForeignLayerGzip, ['https://example.org/layer'])]);
  const without = plan(set);
  expect(without.blobs.map(({ title }) => title)).toEqual(['the config of linux/amd64']);
  expect(without.findings).toEqual([
    {
      code: 'push.foreign-layer',
      severity: 'note',
      place: `a.tar: ${amd64.node.manifest.layers[0]?.digest}`,
      text: 'the layer of linux/amd64 is foreign: it is not sent, and fetched from its URLs by whoever runs the image',
      hint: '--foreign-layers sends it',
    },
  ]);
  expect(plan(set, { sendsForeign: true }).blobs).toHaveLength(2);
  expect(plan(set, { sendsForeign: true, has: () => false }).blobs).toHaveLength(1);
});

test('layers that are not compressed are worth a note', () => {
  const { findings } = plan(makeSet('a.tar', [withLayer(MEDIA_TYPE.ociLayer, [])]));
  expect(findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['note push.uncompressed']);
});

test('one blob with two sizes', () => {
  const { config } = amd64.node.manifest;
  const other = { ...arm64.node, manifest: { ...arm64.node.manifest, config: { ...config, sizeBytes: 7 } } };
  expect(() => plan(makeSet('a.tar', [makeIndex([amd64.node, other])]))).toThrowError(
    expect.objectContaining({
      code: 'push.size-disagrees',
      message: `the config of linux/arm64 has 7 bytes by one manifest, ${config.sizeBytes} by another`,
    }),
  );
});

test.each([
  ['example.org/a:1', { text: 'example.org/a:1', repository: 'a', tag: '1', digest: null }],
  ['docker://example.org/a:1', { text: 'example.org/a:1', tag: '1' }],
  ['zoo', { text: 'zoo', registry: 'docker.io', repository: 'library/zoo', tag: 'latest' }],
  [`example.org/a@sha256:${'a'.repeat(64)}`, { text: 'example.org/a', tag: null, digest: `sha256:${'a'.repeat(64)}` }],
  [`example.org/a:1@sha256:${'a'.repeat(64)}`, { text: 'example.org/a:1', tag: '1' }],
])('the name %s to push to', (text, expected) => {
  expect(parsePushReference(text)).toMatchObject(expected);
});

test('a name with the digest of something else is refused', () => {
  const digest = amd64.node.descriptor.digest;
  const reference = parsePushReference(`example.org/a@sha256:${'a'.repeat(64)}`);
  expect(() => requireDigests([reference], digest)).toThrowError(
    expect.objectContaining({ code: 'push.other-digest' }),
  );
  requireDigests([parsePushReference(`example.org/a@${digest}`), parsePushReference('example.org/a:1')], digest);
});

test('names are put together by repository', () => {
  const names = ['example.org/a:1', 'example.org/b:1', 'example.org/a:2', 'example.org/a:1', 'localhost:5000/a'];
  expect(groupTargets(names.map(parsePushReference))).toEqual([
    { registry: 'example.org', repository: 'a', tags: ['1', '2'] },
    { registry: 'example.org', repository: 'b', tags: ['1'] },
    { registry: 'localhost:5000', repository: 'a', tags: ['latest'] },
  ]);
});

const NOBODY: Repository = {
  registry: '',
  name: '',
  headManifest: () => Promise.reject(new Error('not asked')),
  readManifest: () => Promise.reject(new Error('not asked')),
  writeManifest: () => Promise.reject(new Error('not asked')),
  hasBlob: () => Promise.reject(new Error('not asked')),
  readBlob: () => {
    throw new Error('not asked');
  },
  takeBlob: () => Promise.reject(new Error('not asked')),
  writeBlob: () => Promise.reject(new Error('not asked')),
  listReferrers: () => Promise.reject(new Error('not asked')),
  listTags: () => Promise.reject(new Error('not asked')),
};

function target(registry: string, repository: string, state: Partial<RepositoryState> = {}): SurveyedTarget {
  const nothing: RepositoryState = { blobs: new Set(), manifests: new Set(), tags: new Map() };
  return { registry, repository, tags: ['1'], open: NOBODY, state: { ...nothing, ...state } };
}

test('a blob is sent once to a registry and mounted into its other repositories', () => {
  const made = plan(makeSet('a.tar', [amd64.node]));
  const [config, layer] = made.blobs;
  if (config === undefined || layer === undefined) throw new Error('no blobs');
  const targets = [
    target('x', 'a'),
    target('x', 'b', { blobs: new Set([config.digest]) }),
    target('x', 'c'),
    target('y', 'a'),
  ];
  const registries = planTransfers(made, targets, { home: { registry: 'y', name: 'home' }, known: new Map() });
  const shown = registries.map(({ registry, transfers }) => [
    registry,
    ...transfers.map(({ blob, steps }) => [
      blob.title,
      ...steps.map((step) => `${step.target.repository}<${step.mountFrom.join()}`),
    ]),
  ]);
  expect(config.sizeBytes).toBeGreaterThan(layer.sizeBytes);
  expect(shown).toEqual([
    ['x', ['the config of linux/amd64', 'a<b', 'c<b,a'], ['the layer of linux/amd64', 'a<', 'b<a', 'c<a,b']],
    ['y', ['the config of linux/amd64', 'a<home'], ['the layer of linux/amd64', 'a<home']],
  ]);
  expect(bytesToSend(registries)).toBe(layer.sizeBytes);
});

test('what the archive lacks has to be in the registry already', () => {
  const index = makeIndex([amd64.node, absent(arm64)]);
  const made = planPush(choosePushRoots(makeSet('a.tar', [index]), { chosen: null, platform: null }), {
    source: 'a.tar',
    has: (digest) => digest !== amd64.node.manifest.layers[0]?.digest,
    sendsForeign: false,
  });
  const layer = amd64.node.manifest.layers[0]?.digest ?? amd64.node.descriptor.digest;
  const manifests = new Set([arm64.node.descriptor.digest]);
  requireComplete(made, [target('x', 'a', { manifests, blobs: new Set([layer]) })], 'a.tar');
  requireComplete(
    made,
    [target('x', 'b', { manifests, blobs: new Set([layer]) }), target('x', 'a', { manifests })],
    'a.tar',
  );
  expect(() => requireComplete(made, [target('x', 'a')], 'a.tar')).toThrowError(
    expect.objectContaining({
      code: 'push.absent',
      place: 'a.tar',
      message:
        `the archive does not hold linux/arm64 (${arm64.node.descriptor.digest}), ` +
        `the layer of linux/amd64 (${layer}), and neither does x/a`,
      hint: 'push a part of it with --platform, or save it again with everything in it',
    }),
  );
  const elsewhere = [target('y', 'b', { manifests, blobs: new Set([layer]) }), target('x', 'a', { manifests })];
  expect(() => requireComplete(made, elsewhere, 'a.tar')).toThrowError(
    expect.objectContaining({ code: 'push.absent' }),
  );
});
