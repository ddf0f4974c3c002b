import { expect, test } from 'vitest';
import { applyOverride } from '../../src/recipe/override.ts';
import type { YamlMap } from '../../src/recipe/yaml-map.ts';

const AT = ['platforms', 1];

test.each<[string, YamlMap, YamlMap, YamlMap]>([
  [
    'maps merge',
    { image: { user: 'a', env: { A: '1', B: '2' } } },
    { image: { env: { B: '3', C: '4' } } },
    { image: { user: 'a', env: { A: '1', B: '3', C: '4' } } },
  ],
  ['lists replace', { image: { cmd: ['a', 'b'] } }, { image: { cmd: ['c'] } }, { image: { cmd: ['c'] } }],
  ['scalars replace', { title: 'a' }, { title: 'b' }, { title: 'b' }],
  [
    'a text replaces a map, and a map a text',
    { image: { healthcheck: { retries: 1 } }, build: { output: '/a' } },
    { image: { healthcheck: 'none' }, build: { output: { a: '/b' } } },
    { image: { healthcheck: 'none' }, build: { output: { a: '/b' } } },
  ],
  [
    'null removes, and is nowhere left',
    { title: 'a', image: { user: 'a', env: { A: '1' } } },
    { title: null, image: { env: { A: null, B: null } }, build: { args: { C: null } } },
    { image: { user: 'a', env: {} }, build: { args: {} } },
  ],
  [
    'another kind of build replaces the build',
    { build: { kind: 'go', image: 'golang', output: '/a' } },
    { build: { kind: 'make', file: 'x' } },
    { build: { kind: 'make', file: 'x' } },
  ],
  [
    'the same kind merges',
    { build: { kind: 'go', image: 'golang', tags: ['a'] } },
    { build: { kind: 'go', tags: ['b'] } },
    { build: { kind: 'go', image: 'golang', tags: ['b'] } },
  ],
  [
    'another kind of source replaces the source',
    { build: { kind: 'prebuilt', npm: { file: 'x' }, output: '/a', mode: '0700' } },
    { build: { url: 'u', sha256: 's' } },
    { build: { kind: 'prebuilt', output: '/a', mode: '0700', url: 'u', sha256: 's' } },
  ],
  [
    'the same kind of source merges',
    { build: { kind: 'prebuilt', url: 'u', sha256: 's', file: 'f' } },
    { build: { sha256: 't' } },
    { build: { kind: 'prebuilt', url: 'u', sha256: 't', file: 'f' } },
  ],
  [
    'beside an image, path is the path in it',
    { build: { kind: 'prebuilt', image: 'alpine', path: '/a' } },
    { build: { path: '/b' } },
    { build: { kind: 'prebuilt', image: 'alpine', path: '/b' } },
  ],
  [
    'another thing to follow takes the commit away',
    { upstream: { git: 'g', branch: 'b', commit: 'c' } },
    { upstream: { tag: 't' } },
    { upstream: { git: 'g', tag: 't' } },
  ],
  [
    'the same thing to follow merges',
    { upstream: { git: 'g', branch: 'b', commit: 'c' } },
    { upstream: { branch: 'd' } },
    { upstream: { git: 'g', branch: 'd', commit: 'c' } },
  ],
])('%s', (_, base, override, merged) => {
  const [before, over] = [JSON.stringify(base), JSON.stringify(override)];
  expect(applyOverride(base, override, AT).data).toEqual(merged);
  expect([JSON.stringify(base), JSON.stringify(override)]).toEqual([before, over]);
});

const { originOf } = applyOverride(
  { title: 'a', image: { user: 'a', env: { A: '1' }, files: [{ to: '/a' }] }, build: { kind: 'go', image: 'golang' } },
  { title: 'b', image: { user: null, env: { B: '2' }, cmd: ['c'] }, build: { kind: 'make', file: 'x' } },
  AT,
);

test.each([
  [['title'], [...AT, 'title']],
  [
    ['image', 'env', 'A'],
    ['image', 'env', 'A'],
  ],
  [
    ['image', 'env', 'B'],
    [...AT, 'image', 'env', 'B'],
  ],
  [
    ['image', 'cmd', 0],
    [...AT, 'image', 'cmd', 0],
  ],
  [
    ['image', 'files', 0, 'to'],
    ['image', 'files', 0, 'to'],
  ],
  [
    ['image', 'user'],
    [...AT, 'image', 'user'],
  ],
  [['image'], ['image']],
  // Replaced whole: what is missing is missing from the override.
  [['build'], [...AT, 'build']],
  [
    ['build', 'file'],
    [...AT, 'build', 'file'],
  ],
  [
    ['build', 'image'],
    [...AT, 'build', 'image'],
  ],
  [['upstream'], ['upstream']],
])('%j stands at %j', (path, origin) => {
  expect(originOf(path)).toEqual(origin);
});
