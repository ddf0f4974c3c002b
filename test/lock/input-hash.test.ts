import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../src/lock/canonical-json.ts';
import { renderHashed } from '../../src/lock/hashed-dockerfile.ts';
import { inputHash } from '../../src/lock/input-hash.ts';
import { leavesOf, type Leaves } from '../../src/lock/input-leaves.ts';
import type { LockedManifest, RecipeLock } from '../../src/lock/lock.ts';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { loadRecipeText } from '../../src/recipe/load.ts';
import { loadTemplates } from '../../src/render/load-templates.ts';
import { workspaceOf } from '../support/recipe-text.ts';

const { templates } = await loadTemplates('/nowhere');

/** What decides the image of linux/amd64. */
interface Deciding {
  readonly tree: string;
  readonly patch: string;
  readonly base: string;
  readonly builder: string;
  readonly package: string;
  readonly entrypoint: string;
  readonly ldflags: string;
  readonly label: string;
}

/** What is about it, and does not. */
interface Incidental {
  readonly commit: string;
  readonly epochSeconds: number;
  readonly createdSeconds: number;
  /** Of linux/arm64, and the index that lists all. */
  readonly otherBase: string;
  readonly index: string;
  readonly builderIndex: string;
  readonly comment: string;
  readonly isReversed: boolean;
  readonly isFlow: boolean;
  readonly test: string;
  readonly runner: string;
  readonly tag: string;
}

const hexOf = (seed: string, length: number) => digestOf(seed).slice(7, 7 + length);
const digest = (seed: string): Digest => digestOf(seed);

function leavesFor(d: Deciding, i: Incidental): Leaves {
  const sections = [
    'name: tool',
    'upstream: {git: "https://git.example.org/tool.git", branch: main}',
    `patches: [${i.isFlow ? '0001.patch' : '"0001.patch"'}]`,
    i.isFlow
      ? `build: {kind: go, image: "golang:1.24", package: ., output: /bin/tool, ldflags: "${d.ldflags}"}`
      : `build:\n  output: /bin/tool\n  ldflags: "${d.ldflags}"\n  # ${i.comment}\n  package: .\n  image: golang:1.24\n  kind: go`,
    `image: {base: "alpine:3.20", packages: [tar], entrypoint: [/bin/tool, "${d.entrypoint}"], labels: {a.b: "${d.label}"}}`,
    `platforms:\n  - linux/arm64\n  - {platform: linux/amd64, runner: ["${i.runner}"]}`,
    `publish: {image: registry.example.com/tool, tags: ["${i.tag}"]}`,
    `test: [{run: ["${i.test}"]}]`,
  ];
  const text = `# ${i.comment}\n${(i.isReversed ? sections.toReversed() : sections).join(`\n# ${i.comment}\n`)}\n`;
  const manifest = (seed: string): LockedManifest => ({ digest: digest(seed), createdSeconds: i.createdSeconds });
  const lock: RecipeLock = {
    artifacts: new Map(),
    files: new Map([['patches/tool/0001.patch', digest(d.patch)]]),
    images: new Map([
      [
        'docker.io/library/alpine:3.20',
        {
          kind: 'registry',
          index: digest(i.index),
          platforms: new Map([
            ['linux/amd64', manifest(d.base)],
            ['linux/arm64', manifest(i.otherBase)],
          ]),
        },
      ],
      [
        'docker.io/library/golang:1.24',
        { kind: 'registry', index: digest(i.builderIndex), platforms: new Map([['linux/amd64', manifest(d.builder)]]) },
      ],
    ]),
    targets: new Map(),
    upstreams: new Map([
      [
        'https://git.example.org/tool.git branch main',
        {
          commit: hexOf(i.commit, 40),
          tree: hexOf(d.tree, 40),
          epochSeconds: i.epochSeconds,
          ref: 'refs/heads/main',
          version: hexOf(i.commit, 12),
        },
      ],
    ]),
  };
  const defaults = workspaceOf('');
  const { recipe, findings } = loadRecipeText(text, 'recipes/tool.yaml', defaults, lock);
  const target = recipe?.targets.find(({ slug }) => slug === 'linux-amd64');
  if (recipe === null || target === undefined) throw new Error(JSON.stringify(findings));
  const dockerfile = renderHashed(recipe, target, defaults.settings, templates);
  const packages = new Map([['tar', d.package]]);
  return leavesOf({ target, dockerfile, lock, packages, parents: new Map() });
}

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
const deciding: fc.Arbitrary<Deciding> = fc.record({
  tree: word,
  patch: word,
  base: word,
  builder: word,
  package: word,
  entrypoint: word,
  ldflags: word,
  label: word,
});
const incidental: fc.Arbitrary<Incidental> = fc.record({
  commit: word,
  epochSeconds: fc.nat(),
  createdSeconds: fc.nat(),
  otherBase: word,
  index: word,
  builderIndex: word,
  comment: word,
  isReversed: fc.boolean(),
  isFlow: fc.boolean(),
  test: word,
  runner: word,
  tag: word,
});

const KEYS = ['tree', 'patch', 'base', 'builder', 'package', 'entrypoint', 'ldflags', 'label'] as const;

test('the input hash changes if and only if something changes that decides the image', () => {
  fc.assert(
    fc.property(deciding, deciding, incidental, incidental, fc.subarray([...KEYS]), (d, fresh, i, j, moved) => {
      const other = { ...d, ...Object.fromEntries(moved.map((key) => [key, fresh[key]])) };
      const isSame = KEYS.every((key) => d[key] === other[key]);
      expect(inputHash(leavesFor(d, i)) === inputHash(leavesFor(other, j))).toBe(isSame);
    }),
    { numRuns: 100 },
  );
});

test('the leaves say what each is', () => {
  const d = Object.fromEntries(KEYS.map((key) => [key, key])) as unknown as Deciding;
  const leaves = leavesFor(d, fc.sample(incidental, { numRuns: 1, seed: 1 })[0] as Incidental);
  expect(Object.keys(leaves)).toEqual([
    'attestations',
    'builder',
    'builder docker.io/library/golang:1.24 linux/amd64',
    'dockerfile',
    'image docker.io/library/alpine:3.20',
    'output',
    'package tar',
    'patch 1',
    'platform',
    'source tree',
  ]);
  expect(leaves).toMatchObject({
    builder: 'buildx',
    'image docker.io/library/alpine:3.20': digest('base'),
    'patch 1': digest('patch'),
    'source tree': hexOf('tree', 40),
    output: 'rewrite-timestamp=true',
  });
  expect(leaves['dockerfile']).not.toMatch(/#|sha256:|revision/);
});

test('canonical JSON: keys by UTF-16 code units, nothing escaped that need not be', () => {
  // The keys of RFC 8785, section 3.2.3.
  const keys = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6'];
  const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33'];
  const json = canonicalJson(Object.fromEntries(keys.map((key) => [key, key])));
  expect(Object.keys(JSON.parse(json) as object).toSorted()).toEqual(keys.toSorted());
  expect(json).toBe(`{${sorted.map((key) => `${JSON.stringify(key)}:${JSON.stringify(key)}`).join(',')}}`);
  expect(canonicalJson({ a: '"\\\u0007/é' })).toBe(String.raw`{"a":"\"\\\u0007/é"}`);
  expect(() => canonicalJson({ a: '\ud800' })).toThrow(TypeError);
});
