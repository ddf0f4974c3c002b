import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { moveCommits } from '../../src/recipe/edit-commit.ts';
import { parseYaml } from '../../src/recipe/document.ts';

const FILE = 'recipes/tool.yaml';
const GIT = 'https://example.org/tool.git';
const A = 'a1'.repeat(20);
const B = 'b2'.repeat(20);
const C = 'c3'.repeat(20);
const MAIN = `${GIT} branch main at ${A}`;

const move = (text: string, moves: Readonly<Record<string, string>>) =>
  moveCommits(text, FILE, new Map(Object.entries(moves)));

test.each<readonly [what: string, text: string]>([
  [
    'a line with a comment',
    `name: tool  # ${A}\nupstream:\n  git: ${GIT}\n  branch: main\n  commit: ${A}   # why ${A}\nbuild:   {}\n`,
  ],
  ['at the end of the file', `upstream:\n  git: ${GIT}\n  branch: main\n  commit: ${A}`],
  ['in double quotes', `upstream:\n  commit: "${A}" # x\n  branch: "main"\n  git: ${GIT}\n`],
  ['in single quotes', `upstream:\n  'commit':   '${A}'\n  branch: main\n  git: ${GIT}\n`],
  ['a flow map', `upstream: { git: "${GIT}", branch: main, commit: ${A} } # x\n`],
  ['a flow map on several lines', `upstream: {\n  commit: "${A}", # x\n  git: "${GIT}",\n  branch: main,\n}\n`],
  ['lines that end with two characters', `upstream:\r\n  git: ${GIT}\r\n  branch: main\r\n  commit: ${A}\r\nx: 1\r\n`],
  ['a block', `upstream:\n  git: ${GIT}\n  branch: main\n  commit: >-\n    ${A}\nx: 1\n`],
  ['behind an anchor and a tag', `upstream:\n  git: ${GIT}\n  branch: main\n  commit: &c !!str ${A} # x\n`],
  [
    'one for platforms that override something else',
    `upstream: { git: "${GIT}", branch: main, commit: ${A} }\nplatforms: [linux/amd64, { platform: linux/arm64, patches: [a] }]\n`,
  ],
  [
    'one that a platform has by an alias',
    `upstream: &u { git: "${GIT}", branch: main, commit: ${A} }\nplatforms: [linux/amd64, { platform: linux/arm64, upstream: *u }]\n`,
  ],
  [
    'of a platform with an upstream of its own',
    `upstream: { git: "${GIT}", branch: main, commit: ${B} }\nplatforms:\n  - linux/amd64\n  - platform: linux/arm64\n    upstream: { commit: ${A} } # ours\n`,
  ],
  [
    'of a platform where the recipe has none',
    `platforms:\n  - linux/amd64\n  - platform: linux/arm64\n    upstream:\n      git: ${GIT}\n      branch: main\n      commit: ${A}\n`,
  ],
])('a commit is moved: %s', (_, text) => {
  const last = text.split(A).length - 1;
  const at = /commit['"]?:[^\n]*?(?:\n\s*)?(?=a1a1)/g;
  const starts = [...text.matchAll(at)].map((match) => match.index + match[0].length);
  expect([starts.length, last > 0]).toEqual([1, true]);
  const start = starts[0] ?? 0;
  expect(move(text, { [MAIN]: C })).toBe(text.slice(0, start) + C + text.slice(start + A.length));
});

test('several upstreams are moved apart from one another', () => {
  const text = (main: string, v2: string, other: string) => `upstream: { git: "${GIT}", branch: main, commit: ${main} }
platforms:
  - linux/amd64
  - { platform: linux/arm64, upstream: { branch: v2, commit: ${v2} } }
  - { platform: linux/arm, upstream: { tag: "v*", commit: "${other}" } }
  - { platform: linux/s390x, upstream: null }
`;
  const moves = { [MAIN]: B, [`${GIT} branch v2 at ${A}`]: C };
  expect(move(text(A, A, A), moves)).toBe(text(B, C, A));
  expect(move(text(A, A, A), { [`${GIT} tag v* at ${A}`]: C })).toBe(text(A, A, C));
  expect(move(text(B, B, B), moves)).toBe(text(B, B, B));
});

test('a commit of the longer hash, and one that would be a number', () => {
  const text = (commit: string) => `upstream: {git: "${GIT}", commit: ${commit}}\n`;
  const key = `${GIT} default branch at ${A}`;
  expect(move(text(A), { [key]: 'd'.repeat(64) })).toBe(text('d'.repeat(64)));
  for (const number of ['1'.repeat(40), `${'1'.repeat(38)}e1`]) {
    expect(move(text(A), { [key]: number })).toBe(text(`"${number}"`));
    expect(move(text(`'${A}'`), { [key]: number })).toBe(text(`'${number}'`));
  }
});

const SHARED = `upstream: { git: "${GIT}", branch: main, commit: ${A} }
platforms: [linux/amd64, { platform: linux/arm64, upstream: { branch: v2 } }]
`;
test.each<readonly [what: string, text: string]>([
  ['of two upstreams, of which one moves', SHARED],
  ['not spelt out', `upstream: { git: "${GIT}", branch: main, commit: "\\x61${A.slice(1)}" }\n`],
  ['used for something else too', `upstream: { git: "${GIT}", branch: main, commit: &c ${A} }\nversion: *c\n`],
])('a commit is refused that is %s', (_, text) => {
  expect(() => move(text, { [MAIN]: B })).toThrow(
    expect.objectContaining({
      code: 'recipe.not-edited',
      message: `upstream.commit cannot be moved to ${B.slice(0, 12)}`,
      place: FILE,
    }),
  );
});

test('one commit of two upstreams that both go to the same one', () => {
  expect(move(SHARED, { [MAIN]: B, [`${GIT} branch v2 at ${A}`]: B })).toBe(SHARED.replace(A, B));
});

test('whatever a recipe looks like, nothing but the commit is another one', () => {
  const commit = fc.stringMatching(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
  const style = fc.record({
    quote: fc.constantFrom('', '"', "'"),
    comment: fc.constantFrom('', ' # x', '  #'),
    end: fc.constantFrom('\n', '\r\n'),
    isFlow: fc.boolean(),
    isOnPlatform: fc.boolean(),
    order: fc.constantFrom([0, 1, 2], [2, 1, 0], [1, 2, 0]),
  });
  fc.assert(
    fc.property(commit, commit, style, (old, fresh, { quote, comment, end, isFlow, isOnPlatform, order }) => {
      // Sound recipes have no commit that is a number.
      fc.pre(quote !== '' || !/^\d+(?:e\d+)?$/.test(old));
      const keys = [`git: "${GIT}"`, 'branch: main', `commit: ${quote}${old}${quote}`];
      const lines = order.map((index) => keys[index] ?? '');
      const indent = isOnPlatform ? '      ' : '  ';
      const block = lines.map((line) => `${indent}${line}${comment}${end}`).join('');
      const upstream = isFlow ? `upstream: { ${lines.join(', ')} }${comment}${end}` : `upstream:${end}${block}`;
      const head = `# ${old}${end}name:   tool${end}`;
      const text = isOnPlatform
        ? `${head}platforms:${end}  - platform: linux/arm64${end}    ${upstream}`
        : head + upstream;
      const edited = move(text, { [`${GIT} branch main at ${old}`]: fresh });
      const [before, after] = [dataOf(text), dataOf(edited)];
      expect(after.split(fresh).join(old)).toBe(before);
      expect(edited.length - text.length).toBeLessThanOrEqual(fresh.length - old.length + 2);
    }),
    { numRuns: 200 },
  );
});

function dataOf(text: string): string {
  const document = parseYaml(text, FILE);
  return JSON.stringify('data' in document ? document.data : document);
}
