import { expect, test } from 'vitest';
import { planLayers } from '../../../src/image/convert/relayer-plan.ts';
import { makeImage } from '../../support/image-set.ts';

/** An image whose layers are told apart by their letters, and have sizes as in their descriptors. */
function image(platform: string, layers: readonly (readonly [name: string, sizeBytes: number])[]) {
  const { node } = makeImage({ platform, layers: layers.map(([name]) => Buffer.from(name)) });
  const sized = node.manifest.layers.map((layer, index) => ({ ...layer, sizeBytes: layers[index]?.[1] ?? 0 }));
  return { ...node, manifest: { ...node.manifest, layers: sized } };
}

test.each<{ name: string; sizes: number[]; max: number; groups: number[][] }>([
  { name: 'few enough layers', sizes: [5, 5], max: 2, groups: [[0], [1]] },
  { name: 'the cheapest pair', sizes: [9, 5, 1, 2, 8], max: 4, groups: [[0], [1], [2, 3], [4]] },
  { name: 'a pair with what was merged before', sizes: [9, 5, 1, 2, 8], max: 3, groups: [[0], [1, 2, 3], [4]] },
  { name: 'the lowest of equal pairs', sizes: [1, 1, 1, 1], max: 3, groups: [[0, 1], [2], [3]] },
  { name: 'all of them', sizes: [1, 2, 3], max: 1, groups: [[0, 1, 2]] },
])('merges $name', ({ sizes, max, groups }) => {
  const one = image(
    'linux/amd64',
    sizes.map((size, index) => [`layer ${index}`, size] as const),
  );
  expect(planLayers([one], max)).toEqual({ groups: [groups], findings: [] });
});

test('shared layers are left alone as long as others can be merged', () => {
  const amd64 = image('linux/amd64', [
    ['a', 1],
    ['b', 1],
    ['c', 100],
    ['d', 100],
  ]);
  const arm64 = image('linux/arm64', [
    ['a', 1],
    ['b', 1],
    ['e', 100],
    ['f', 100],
    ['g', 100],
  ]);
  expect(planLayers([amd64, arm64], 3)).toEqual({
    groups: [
      [[0], [1], [2, 3]],
      [[0], [1], [2, 3, 4]],
    ],
    findings: [],
  });
  const { groups, findings } = planLayers([amd64, arm64], 2);
  expect(groups).toEqual([
    [
      [0, 1],
      [2, 3],
    ],
    [
      [0, 1],
      [2, 3, 4],
    ],
  ]);
  expect(findings.map(({ code, place, text }) => [code, place, text])).toEqual(
    ['linux/amd64', 'linux/arm64'].map((place) => [
      'relayer.shared-layers',
      place,
      '2 layers were merged, some of which other images share; they are stored once more now',
    ]),
  );
});

test('one image under two names shares nothing with itself', () => {
  const one = image('linux/amd64', [
    ['a', 1],
    ['b', 1],
  ]);
  expect(planLayers([one, one], 1)).toEqual({ groups: [[[0, 1]], [[0, 1]]], findings: [] });
});

test('no layer at all is a fault of the caller', () => {
  expect(() => planLayers([], 0)).toThrow(RangeError);
});
