import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { decideRecipes, type RecipeFacts } from '../../src/plan/decide.ts';
import { describeLock, formatPlan } from '../../src/plan/describe-plan.ts';
import type { LockStanding } from '../../src/plan/plan.ts';
import { planToJson } from '../../src/plan/plan-to-json.ts';
import { createStyle } from '../../src/report/style.ts';
import { factsOf, imageOf } from './plan-values.ts';

const PLAIN = createStyle(false);
const [OLD, NEW] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`);

const show = (facts: readonly RecipeFacts[], named: readonly string[] = []) =>
  formatPlan(decideRecipes(facts), named, PLAIN);

const dockerfile = (...packages: readonly string[]) =>
  ['FROM alpine:3.20', 'RUN apk add --no-cache \\', ...packages.map((name) => `      ${name} \\`), '', ''].join('\n');

test('a symbol, a reason and the leaves for each kind of target, and a line with the sums', () => {
  const was = (tree: string) => ({ dockerfile: dockerfile('tar'), 'image alpine': OLD ?? '', 'source tree': tree });
  const is = { dockerfile: dockerfile('tar', 'xz'), 'image alpine': NEW ?? '', 'source tree': 'b'.repeat(40) };
  const tool = factsOf(
    'tool',
    { 'linux/amd64': is, 'linux/arm64': is, 'linux/arm/v7': is, 'linux/s390x': is, 'linux/riscv64': is },
    imageOf('registry.example.com/tool:1', {
      'linux/amd64': was('a'.repeat(40)),
      'linux/arm64': was('a'.repeat(40)),
      'linux/arm/v7': is,
      'linux/s390x': null,
      'linux/386': null,
    }),
    {
      lock: { state: 'behind', changes: [{ what: 'image alpine', old: OLD ?? '', new: NEW ?? '' }] },
      moves: [
        {
          upstream: 'https://e.org/tool.git branch main',
          old: 'c'.repeat(40),
          new: 'd'.repeat(40),
          hasSameTree: false,
        },
      ],
    },
  );
  const gone = factsOf('gone', { 'linux/amd64': is }, null, {
    obstacle: 'git cannot reach it',
    lock: { state: 'unknown', changes: [] },
  });
  const same = factsOf('same', { 'linux/amd64': is }, imageOf('same:1', { 'linux/amd64': is }));
  expect(show([gone, same, tool])).toBe(`Symbols:
  + build    no image is there
  ~ rebuild  the image that is there is not known to be the same
  = skip     the image that is there is the same
  ? unknown  it cannot be decided
  - drop     it is there, and not in the recipe any more

gone
  ? unknown linux/amd64: git cannot reach it

tool (registry.example.com/tool:1)
  ~ rebuild linux/amd64, linux/arm64: dockerfile, image alpine and source tree changed
      dockerfile:
        +       xz \\
      image alpine: sha256:111111111111 -> sha256:222222222222
      source tree: aaaaaaaaaaaa -> bbbbbbbbbbbb
  = skip linux/arm/v7: nothing that decides the image has changed
  ~ rebuild linux/s390x: registry.example.com/tool:1 has no record of what it was built from
  + build linux/riscv64: registry.example.com/tool:1 does not have this platform
  - drop linux/386
    https://e.org/tool.git branch main: cccccccccccc..dddddddddddd
    its lock is behind what it follows: run \`forkwright lock --update base tool\`

Plan: 4 to build, 2 to skip, 1 unknown; 1 platform to drop.
`);
});

test('what does not change is counted, and shown where it is named', () => {
  const leaves = { builder: 'native' };
  const published = factsOf('tool', { a: leaves, b: leaves }, imageOf('tool:1', { a: leaves, b: leaves }));
  const built = factsOf('local', { a: leaves }, imageOf('out/local/local.oci.tar', { a: leaves }), { store: 'out' });
  expect(show([published])).toBe('No changes. 2 targets are what is published.\n');
  expect(show([built])).toBe('No changes. 1 target is what lies in out/.\n');
  expect(show([])).toBe('No changes. 0 targets are what is published.\n');
  expect(show([published, built], ['local'])).toBe(`Symbols:
  = skip  the image that is there is the same

local (out/local/local.oci.tar)
  = skip a: nothing that decides the image has changed

No changes. 2 targets are what is published, 1 target is what lies in out/.
`);
});

test('a commit that moved without its tree is no rebuild, and is told', () => {
  const leaves = { 'source tree': 'a'.repeat(40) };
  const move = { upstream: 'https://e.org/tool.git branch main', old: 'c'.repeat(40), new: 'd'.repeat(40) };
  const facts = factsOf('tool', { a: leaves }, imageOf('tool:1', { a: leaves }), {
    moves: [{ ...move, hasSameTree: true }],
  });
  const range = 'cccccccccccc..dddddddddddd';
  expect(show([facts])).toContain(
    `    https://e.org/tool.git branch main: ${range}, the same files: only the provenance would change\n\nNo changes.`,
  );
});

test('a long difference is cut, and texts without anything in common are not compared', () => {
  const text = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => `RUN ${from + index}\n`).join('');
  const plan = (old: string, fresh: string) =>
    show([factsOf('tool', { a: { dockerfile: fresh } }, imageOf('tool:1', { a: { dockerfile: old } }))]).split('\n');
  const cut = plan(text(0, 5), text(0, 40));
  expect(cut.slice(6, 8)).toEqual(['        + RUN 5', '        + RUN 6']);
  expect(cut[26]).toBe('        (15 more lines)');
  expect(plan(text(0, 1500), text(5000, 1500))).toContain('      dockerfile: (1500 lines) -> (1500 lines)');
});

test('texts of a record, which anybody can write, do not reach the terminal as they are', () => {
  const facts = factsOf(
    'tool',
    { a: { x: '1' } },
    imageOf('tool:1', { a: { x: '\u001b[31mred', 'y\u202e': 'line\nand\u001b[2J' }, 'b\u001b[1m': null }),
  );
  const text = show([facts]);
  expect(text).toBe(stripVTControlCharacters(text));
  expect(text).toContain('x: \\u001b[31mred -> 1\n');
  expect(text).toContain('y\\u202e: (2 lines) -> (none)\n');
  expect(text).toContain('- drop b\\u001b[1m\n');
});

test.each<readonly [LockStanding['state'], readonly string[], readonly string[], string | null]>([
  ['current', [], [], null],
  ['unknown', [], [], null],
  ['missing', [], [], 'it has no lock: run `forkwright lock tool`'],
  ['stale', ['input hash a'], [], 'it was changed since it was locked: run `forkwright lock tool`'],
  [
    'behind',
    ['upstream x branch main'],
    [],
    'its lock is behind what it follows: run `forkwright lock --update upstream tool`',
  ],
  [
    'behind',
    ['image alpine', 'upstream x branch main', 'input hash a'],
    ['base'],
    'its lock is behind what it follows: run `forkwright lock --update upstream tool` and `forkwright lock --update base tool`',
  ],
  [
    'behind',
    ['input hash a', 'source date a'],
    ['base'],
    'its lock has to follow that of base: run `forkwright lock tool` behind it',
  ],
])('a lock that is %s: %j', (state, whats, parents, expected) => {
  const changes = whats.map((what) => ({ what, old: '1', new: '2' }));
  const [plan] = decideRecipes([factsOf('tool', {}, null, { lock: { state, changes }, parents })]);
  expect(plan === undefined ? null : describeLock(plan)).toBe(expected);
});

test('the document has all of it, in the order in which it is built', () => {
  const leaves = { builder: 'native' };
  const base = factsOf('base', { a: leaves }, imageOf('base:1', { a: leaves }));
  const child = factsOf('child', { a: leaves }, null, { parents: ['base'], store: 'out' });
  const document = planToJson(decideRecipes([child, base]), true);
  expect(document).toMatchObject({
    locked: true,
    counts: { build: 1, skip: 1, unknown: 0, drop: 0 },
    recipes: [
      { recipe: 'base', parents: [], store: 'registry', published: 'base:1', dropped: [], moves: [] },
      {
        recipe: 'child',
        parents: ['base'],
        store: 'out',
        published: null,
        lock: { state: 'current', changes: [] },
        targets: [{ platform: 'a', action: 'build', reason: 'it was not built yet', published: null, changes: [] }],
      },
    ],
  });
});
