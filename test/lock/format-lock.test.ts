import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { formatLock } from '../../src/lock/format-lock.ts';
import { EMPTY_LOCK, type LockedImage, type RecipeLock } from '../../src/lock/lock.ts';
import { parseLock } from '../../src/lock/parse-lock.ts';
import { LOCK, SHA_A } from './lock-values.ts';

const FILE = 'locks/tool.lock.yaml';

test('a lock is written with sorted keys, a fact on each line, and every value in quotes', () => {
  expect(formatLock(LOCK))
    .toBe(`# Written by \`forkwright lock\`; commit it. To change what is in it, change the recipe or run it with --update.

format: "1"
artifacts:
  "npm esbuild@0.28.2": "sha512-aaaa"
files:
  "patches/tool/0001-fix.patch": "sha256:${'e'.repeat(64)}"
images:
  "docker.io/library/alpine:3.20":
    index: "sha256:${'a'.repeat(64)}"
    platforms:
      "linux/amd64":
        created: "2024-05-22T18:18:12Z"
        digest: "sha256:${'b'.repeat(64)}"
      "linux/arm64":
        digest: "sha256:${'c'.repeat(64)}"
  "registry.example.org/releng/base:1":
    recipe: "base"
targets:
  "linux/amd64":
    inputHash: "sha256:${'d'.repeat(64)}"
    packages:
      "no": "1.10"
      "tar": "1.35-r2"
    sourceDateEpoch: "1716401892"
upstreams:
  "https://example.org/tool.git branch main":
    commit: "33e8500000000000000000000000000000000000"
    ref: "refs/heads/main"
    time: "2019-01-09T22:20:55Z"
    tree: "24bc370400000000000000000000000000000000"
    version: "33e850000000"
`);
});

const text = fc.stringMatching(/^[A-Za-z0-9 ./:@#&*!|>%"'{}[\],~=_-]{1,20}$/).filter((each) => each !== '__proto__');
const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}` as const);
const seconds = fc.integer({ min: 0, max: 8 ** 11 - 1 });
const mapOf = <Value>(value: fc.Arbitrary<Value>) =>
  fc.dictionary(text, value, { maxKeys: 3 }).map((record) => new Map(Object.entries(record)));
const gitHash = fc.stringMatching(/^[0-9a-f]{40}$/);
const image: fc.Arbitrary<LockedImage> = fc.oneof(
  fc.record({ kind: fc.constant('recipe' as const), recipe: text }),
  fc.record({
    kind: fc.constant('registry' as const),
    index: fc.option(digest),
    platforms: mapOf(fc.record({ digest, createdSeconds: fc.option(seconds) })).filter(({ size }) => size > 0),
  }),
);
const lock: fc.Arbitrary<RecipeLock> = fc.record({
  artifacts: mapOf(text),
  files: mapOf(digest),
  images: mapOf(image),
  targets: mapOf(fc.record({ inputHash: digest, epochSeconds: fc.option(seconds), packages: mapOf(text) })),
  upstreams: mapOf(
    fc.record({ commit: gitHash, tree: gitHash, epochSeconds: seconds, ref: fc.option(text), version: text }),
  ),
});

test('what is written is read back the same, and no reader of YAML 1.1 or 1.2 takes a value for something else', () => {
  fc.assert(
    fc.property(lock, (value) => {
      const written = formatLock(value);
      expect(parseLock(written, FILE)).toEqual({ lock: value });
      expect(parse(written, { version: '1.1' })).toEqual(parse(written, { version: '1.2' }));
    }),
    { numRuns: 100 },
  );
});

test('the order in which facts were found does not reach the file', () => {
  const reversed: RecipeLock = {
    ...LOCK,
    images: new Map([...LOCK.images].toReversed()),
    upstreams: new Map([...LOCK.upstreams].toReversed()),
  };
  expect(formatLock(reversed)).toBe(formatLock(LOCK));
});

const RESTORE = 'restore it from git, or remove it and run `forkwright lock`';
const FAULTS: readonly (readonly [text: string, finding: string])[] = [
  ['format: "2"\n', '1:9 format: "2" is a format that this forkwright does not read; it reads 1; ' + RESTORE],
  ['format: 1\n', '1:9 format: 1 is a number, where a text is wanted; quote it: "1"'],
  ['format: "1"\nimage: {}\n', '2:1 "image" is not a known key; did you mean images?'],
  [
    'format: "1"\nimages:\n  "a": {index: "sha256:33"}\n',
    '3:16 images.a.index: "sha256:33" is not a digest; sha256: and 64 hex digits in lower case',
  ],
  [
    `format: "1"\nimages:\n  "a": {index: "${SHA_A}"}\n`,
    `3:8 images.a: either "platforms" or "recipe" is wanted; ${RESTORE}`,
  ],
  [
    'format: "1"\ntargets:\n  "linux/amd64":\n    inputHash: 33e85000\n',
    '4:16 targets["linux/amd64"].inputHash: 33e85000 is a number, where a text is wanted; quote it: "33e85000"',
  ],
  ['format: "1"\n<<<<<<< HEAD\n', `2:1 Implicit map keys need to be followed by map values; ${RESTORE}`],
];

test.each(FAULTS)('%j is refused with its place', (written, expected) => {
  const result = parseLock(written, FILE);
  if ('lock' in result) throw new Error('it was taken');
  const [first] = result.map(({ place, text: what, hint }) => `${place.slice(FILE.length + 1)} ${what}; ${hint}`);
  expect(first).toBe(expected);
});

test('an empty lock is a file too', () => {
  expect(parseLock(formatLock(EMPTY_LOCK), FILE)).toEqual({ lock: EMPTY_LOCK });
});
