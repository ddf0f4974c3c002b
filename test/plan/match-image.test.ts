import { expect, test } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { describeDifference, matchImage } from '../../src/plan/match-image.ts';
import type { PublishedImage } from '../../src/plan/published-image.ts';
import { makeRecord, type InputRecord } from '../../src/plan/record.ts';

const WANTED = makeRecord({ a: '1', b: '1', c: '1', d: '1', e: '1' });

function image(name: string, record: InputRecord | null, platform = 'linux/amd64'): PublishedImage {
  const digest = digestOf(name);
  return { name, digest, platforms: new Map([[platform, { digest, record }]]) };
}

test('the first image with the input hash is the match', () => {
  const older = image('tool:1', makeRecord({ a: '1' }));
  const [same, again] = [image('tool:2', WANTED), image('tool:3', WANTED)];
  expect(matchImage(WANTED, 'linux/amd64', [older, same, again])).toMatchObject({ image: same });
});

test.each<[PublishedImage, string]>([
  [image('tool:1', WANTED, 'linux/arm64'), 'tool:1 has no image for linux/amd64'],
  [image('tool:1', null), 'nothing says what tool:1 was built from'],
  [image('tool:1', makeRecord({ ...WANTED.leaves, c: '2' })), 'c differs from what tool:1 was built from'],
  [image('tool:1', makeRecord({ ...WANTED.leaves, c: '2', f: '1' })), 'c, f differ from what tool:1 was built from'],
  [image('tool:1', makeRecord({ z: '1' })), 'a, b, c and 3 more differ from what tool:1 was built from'],
])('why there is none is told of the first', (first, reason) => {
  expect(matchImage(WANTED, 'linux/amd64', [first, image('tool:0', null)])).toEqual({ image: null, reason });
});

test('an archive is told like a published image', () => {
  expect(describeDifference(WANTED, null, 'the archive')).toBe('nothing says what the archive was built from');
});
