import { expect, test } from 'vitest';
import { collectFacts, rootOf } from '../../src/lock/known-facts.ts';
import { EMPTY_LOCK, type LockedImage, type RecipeLock, type RegistryImage } from '../../src/lock/lock.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { parsePlatform } from '../../src/platform/parse.ts';

const image = (index: string | null, ...platforms: readonly string[]): RegistryImage => ({
  kind: 'registry',
  index: index === null ? null : digestOf(index),
  platforms: new Map(
    platforms.map((platform) => [platform, { digest: digestOf(`${index} ${platform}`), createdSeconds: 1 }]),
  ),
});
const lockOf = (images: Readonly<Record<string, RegistryImage>>): RecipeLock => ({
  ...EMPTY_LOCK,
  images: new Map<string, LockedImage>([...Object.entries(images), ['base', { kind: 'recipe', recipe: 'base' }]]),
});

test('what locks know of one index is united; of another one nothing is known', () => {
  const locks = [lockOf({ alpine: image('1', 'linux/amd64') }), lockOf({ alpine: image('1', 'linux/arm64') })];
  const { image: find, hasImage } = collectFacts(locks);
  const platforms = (...names: readonly string[]) => names.map(parsePlatform);
  expect(find('alpine', digestOf('1'), platforms('linux/amd64', 'linux/arm64'))).toEqual(
    image('1', 'linux/amd64', 'linux/arm64'),
  );
  expect(find('alpine', digestOf('1'), platforms('linux/s390x'))).toBe(null);
  expect(find('alpine', digestOf('2'), platforms('linux/amd64'))).toBe(null);
  expect(find('debian', digestOf('1'), [])).toBe(null);
  expect([hasImage('alpine'), hasImage('debian'), hasImage('base')]).toEqual([true, false, false]);
});

test('a commit has one tree and one time, whoever locked it', () => {
  const upstream = { commit: '1'.repeat(40), tree: '2'.repeat(40), epochSeconds: 3, ref: 'HEAD', version: '1' };
  const { commit } = collectFacts([
    { ...EMPTY_LOCK, upstreams: new Map([['https://e.org/x.git branch a', upstream]]) },
  ]);
  expect(commit('1'.repeat(40))).toEqual({ tree: '2'.repeat(40), epochSeconds: 3 });
  expect(commit('2'.repeat(40))).toBe(null);
});

test('a name stands for its index, or for the one manifest', () => {
  expect(rootOf(image('1', 'linux/amd64'))).toBe(digestOf('1'));
  expect(rootOf(image(null, 'linux/amd64'))).toBe(digestOf('null linux/amd64'));
  expect(rootOf(image(null))).toBe(null);
});
