import { expect, test } from 'vitest';
import { parseYaml } from '../../src/recipe/document.ts';

function faultsOf(text: string): readonly string[] {
  const document = parseYaml(text, 'recipes/x.yaml');
  return 'data' in document ? [] : document.map(({ place, code, text: what }) => `${place} ${code}: ${what}`);
}

const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]', ...'bcdefgh'].map((name, index) =>
  index === 0
    ? name
    : `${name}: &${name} [${Array(9)
        .fill(`*${'abcdefg'[index - 1]}`)
        .join(', ')}]`,
);

test.each([
  ['an empty file', '', ['recipes/x.yaml:1:1 yaml.empty: the file is empty']],
  ['comments alone', '# nothing\n', ['recipes/x.yaml:1:1 yaml.empty: the file is empty']],
  ['an empty document', '---\n', ['recipes/x.yaml:1:1 yaml.empty: the file is empty']],
  ['a list', '- a\n', ['recipes/x.yaml:1:1 yaml.not-a-map: the file is not a map of keys and values']],
  ['a text', 'just words\n', ['recipes/x.yaml:1:1 yaml.not-a-map: the file is not a map of keys and values']],
  ['an open quote', 'a: "x\n', ['recipes/x.yaml:2:1 yaml.syntax: Missing closing "quote']],
  ['an indent by tab', 'a:\n\tb: 1\n', ['recipes/x.yaml:2:1 yaml.syntax: Tabs are not allowed as indentation']],
  ['a tag', 'a: !secret x\n', ['recipes/x.yaml:1:4 yaml.syntax: Unresolved tag: !secret']],
  ['two documents', 'a: 1\n---\nb: 2\n', ['recipes/x.yaml:2:1 yaml.syntax: a second document begins here']],
  ['a key twice', 'a: 1\nb: 2\na: 3\n', ['recipes/x.yaml:3:1 yaml.duplicate-key: the key "a" is already on line 1']],
  [
    'a key twice, deep',
    'a: {b: [{c: 1, c: 2}]}\n',
    ['recipes/x.yaml:1:16 yaml.duplicate-key: the key "c" is already on line 1'],
  ],
  ['a list as a key', '? [a]\n: b\n', ['recipes/x.yaml:1:3 yaml.syntax: With stringKeys, all keys must be strings']],
  ['__proto__', '__proto__: {a: 1}\n', ['recipes/x.yaml:1:1 yaml.key: "__proto__" cannot be a key']],
  ['a NUL', 'a: b\nc: d\0e\n', ['recipes/x.yaml:2:5 yaml.control-character: the control character U+0000 stands here']],
  [
    'an escape',
    'a: \u{1b}[31m\n',
    ['recipes/x.yaml:1:4 yaml.control-character: the control character U+001B stands here'],
  ],
  ['an alias of nothing', 'a: *b\n', ['recipes/x.yaml:1:4 yaml.aliases: *b names an anchor that is not above it']],
  ['an alias inside of itself', 'a: &a [*a]\n', ['recipes/x.yaml:1:8 yaml.aliases: *a stands inside of what it names']],
  [
    'a billion laughs',
    bomb.join('\n'),
    [
      'recipes/x.yaml:1:1 yaml.aliases: the aliases cannot be followed: Excessive alias count indicates a resource exhaustion attack',
    ],
  ],
  [
    'more than people write',
    `a: [${'b,'.repeat(20_000)}]`,
    ['recipes/x.yaml:1:1 yaml.too-many: the file has more than 20000 keys and values'],
  ],
  [
    'deep lists',
    `a: ${'['.repeat(5000)}`,
    ['recipes/x.yaml:1:1 yaml.too-deep: maps and lists are nested more than 64 levels deep'],
  ],
  [
    'deep maps',
    `${'? '.repeat(5000)}`,
    ['recipes/x.yaml:1:1 yaml.too-deep: maps and lists are nested more than 64 levels deep'],
  ],
])('%s', (_, text, faults) => {
  expect(faultsOf(text)).toEqual(faults);
});

test('only the first faults of syntax are told: the others are mostly their consequence', () => {
  expect(faultsOf('}'.repeat(100_000))).toHaveLength(5);
});

test('YAML 1.2, core schema: only its own words are numbers and booleans', () => {
  const document = parseYaml('%YAML 1.1\n---\na: yes\nb: 0o17\nc: 12:30\nd: 2026-11-21\n386: e\n', 'x.yaml');
  expect('data' in document && document.data).toEqual({ a: 'yes', b: 15, c: '12:30', d: '2026-11-21', 386: 'e' });
});

test('aliases are followed, to values and to their places', () => {
  const document = parseYaml('a: &a\n  b: 1.10\nc: *a\n', 'x.yaml');
  if (!('data' in document)) throw new Error('faulty');
  expect(document.data).toEqual({ a: { b: 1.1 }, c: { b: 1.1 } });
  expect(document.locate(['c', 'b'], 'value')).toEqual({ line: 2, column: 6 });
  expect(document.sourceOf(['c', 'b'])).toBe('1.10');
});

const PLACES = `# a comment
name: tool
image:
  env: { A: x }
  files:
    - to: /b
`;

test.each([
  [['name'], 'value', 2, 7],
  [['name'], 'key', 2, 1],
  [['image', 'env', 'A'], 'value', 4, 13],
  [['image', 'env', 'A'], 'key', 4, 10],
  [['image', 'files', 0], 'value', 6, 7],
  [['image', 'files', 0, 'to'], 'value', 6, 11],
  // What is not there is missing from the map around it.
  [['image', 'files', 0, 'mode'], 'value', 6, 7],
  [['image', 'base'], 'key', 4, 3],
  [['build', 'kind'], 'value', 2, 1],
  [[], 'value', 2, 1],
] as const)('the place of %j, its %s', (path, at, line, column) => {
  const document = parseYaml(PLACES, 'x.yaml');
  if (!('data' in document)) throw new Error('faulty');
  expect(document.locate(path, at)).toEqual({ line, column });
});

test('lines of every ending are counted, and a byte order mark is not', () => {
  const document = parseYaml('a: 1\r\nb: 2\r\n', 'x.yaml');
  expect('locate' in document && document.locate(['b'], 'value')).toEqual({ line: 2, column: 4 });
});

test('a finding shows the lines around its place', () => {
  const [finding] = [parseYaml('a: 1\nb: 2\na: 3\nc: 4\n', 'x.yaml')].flatMap((result) =>
    'data' in result ? [] : result,
  );
  expect(finding?.frame).toBe('  2 | b: 2\n> 3 | a: 3\n    | ^\n  4 | c: 4');
});
