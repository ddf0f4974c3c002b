import { expect, test } from 'vitest';
import { listedFor, selectPlatform } from '../../../src/image/select/select-platform.ts';
import { parsePlatform } from '../../../src/platform/parse.ts';
import { absent, makeArtifact, makeAttestation, makeImage, makeIndex, makeSet } from '../../support/image-set.ts';

const amd64 = makeImage({ platform: 'linux/amd64' });
const arm64 = makeImage({ platform: 'linux/arm64' });
const proof = makeAttestation(amd64.node.descriptor.digest);
const otherProof = makeAttestation(arm64.node.descriptor.digest);
const note = makeArtifact('a note');
const AMD64 = parsePlatform('linux/amd64');

function digestsOf(nodes: readonly { readonly descriptor: { readonly digest: string } }[]): readonly string[] {
  return nodes.map(({ descriptor }) => descriptor.digest);
}

test('an image alone is what is left of a plain index', () => {
  const index = makeIndex([amd64.node, arm64.node]);
  expect(selectPlatform(makeSet('a.tar', [index]), index, AMD64)).toBe(amd64.node);
});

test('an image keeps its attestation, in a smaller index whose other bytes are as they were', () => {
  const index = makeIndex([amd64.node, arm64.node, proof.node, otherProof.node], { 'org.example.a': 'b' });
  const selected = selectPlatform(makeSet('a.tar', [index]), index, AMD64);
  if (selected.kind !== 'index') throw new Error(selected.kind);
  expect(digestsOf(selected.children)).toEqual(digestsOf([amd64.node, proof.node]));
  const [first, , third] = index.document.manifests.map((each) => JSON.stringify(each));
  const manifests = `[${first},${third}]`;
  expect(selected.raw.toString()).toContain(`"manifests":${manifests},"annotations":{"org.example.a":"b"}}`);
  expect(selected.document.manifests).toEqual(selected.children.map(({ descriptor }) => descriptor));
});

test('what is of no platform stays, and so does an index of which everything stays', () => {
  const index = makeIndex([amd64.node, proof.node, note.node]);
  expect(selectPlatform(makeSet('a.tar', [index]), index, AMD64)).toBe(index);
  const larger = makeIndex([amd64.node, arm64.node, note.node]);
  const selected = selectPlatform(makeSet('a.tar', [larger]), larger, AMD64);
  expect(selected.kind === 'index' && digestsOf(selected.children)).toEqual(digestsOf([amd64.node, note.node]));
});

test('a nested index is made smaller, and its descriptor says so', () => {
  const inner = makeIndex([amd64.node, proof.node, arm64.node]);
  const outer = makeIndex([inner, note.node]);
  const selected = selectPlatform(makeSet('a.tar', [outer]), outer, AMD64);
  if (selected.kind !== 'index') throw new Error(selected.kind);
  const [child] = selected.children;
  const [listed] = JSON.parse(selected.raw.toString()).manifests;
  expect(listed).toMatchObject({ digest: child?.descriptor.digest });
  expect(listed.digest).not.toBe(inner.descriptor.digest);
});

test('what is absent is judged by how it is listed', () => {
  const index = makeIndex([absent(amd64), absent(arm64), absent(proof)]);
  const selected = selectPlatform(makeSet('a.tar', [index]), index, AMD64);
  expect(selected).toEqual(absent(amd64));
});

test('a platform that there is not', () => {
  const index = makeIndex([amd64.node, arm64.node]);
  const select = () => selectPlatform(makeSet('a.tar', [index]), index, parsePlatform('linux/s390x'));
  expect(select).toThrowError(
    expect.objectContaining({
      code: 'image.not-found',
      message: 'it holds no image for linux/s390x',
      place: 'a.tar',
      hint: 'it has linux/amd64, linux/arm64',
    }),
  );
});

test('what an index lists for a platform: what may be of it, and the attestations of that', () => {
  const unnamed = makeImage({ platform: 'linux/riscv64', listedAs: null });
  const nested = makeIndex([arm64.node]);
  const children = [amd64.node, arm64.node, unnamed.node, proof.node, otherProof.node, nested];
  const listed = listedFor(
    children.map(({ descriptor }) => descriptor),
    AMD64,
  );
  expect(listed).toEqual([amd64.node, unnamed.node, proof.node, nested].map(({ descriptor }) => descriptor));
});
