import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { dropPatches } from '../../src/recipe/edit-patches.ts';

const FILE = 'recipes/tool.yaml';
const drop = (text: string, ...names: string[]) => dropPatches(text, FILE, new Set(names));

test.each<readonly [what: string, before: string, after: string]>([
  [
    'a line',
    'name: tool  # a comment\npatches:\n  - "a.patch"\n  - ./b.patch   # why\n  - c.patch\nbuild:   {kind: go}\n',
    'name: tool  # a comment\npatches:\n  - "a.patch"\n  - c.patch\nbuild:   {kind: go}\n',
  ],
  [
    'with the comment directly above it, and no other',
    'patches:\n- a.patch # a\n      # of a\n# b\n# is for arm\n- b.patch\n# c\n- c.patch\n',
    'patches:\n- a.patch # a\n      # of a\n# c\n- c.patch\n',
  ],
  ['the last line of a file', 'patches:\n  - a.patch\n  - b.patch', 'patches:\n  - a.patch\n'],
  [
    'lines that end with two characters',
    'patches:\r\n  - a\r\n  - b.patch\r\nx: 1\r\n',
    'patches:\r\n  - a\r\nx: 1\r\n',
  ],
  ['the first of a flow list', 'patches: [ b.patch, a ] # x\n', 'patches: [ a ] # x\n'],
  ['the last of a flow list', 'patches: [a, b.patch]\n', 'patches: [a]\n'],
  ['a flow list on several lines', 'patches: [\n  a, # why\n  b.patch,\n]\n', 'patches: [\n  a, # why\n]\n'],
  [
    'the whole list',
    '# head\npatches:\n  # why\n  - b.patch # x\n# build\nbuild: {}\n',
    '# head\n# build\nbuild: {}\n',
  ],
  ['a whole flow list', 'name: x\npatches: [b.patch] # x\nbuild: {}\n', 'name: x\nbuild: {}\n'],
  ['a recipe that is all flow', '{name: x, patches: [b.patch], build: {}}\n', '{name: x, patches: [], build: {}}\n'],
  [
    'the list of a platform stays, empty: it would have the recipe’s',
    'patches: [a]\nplatforms:\n  - platform: linux/arm64\n    patches:\n      - b.patch # arm\n  - linux/amd64\n',
    'patches: [a]\nplatforms:\n  - platform: linux/arm64\n    patches: []\n  - linux/amd64\n',
  ],
  [
    'all lists that have it',
    'patches: [b.patch, a]\nplatforms:\n  - { platform: linux/arm64, patches: [c, b.patch] }\n  - { platform: linux/arm, patches: null }\n',
    'patches: [a]\nplatforms:\n  - { platform: linux/arm64, patches: [c] }\n  - { platform: linux/arm, patches: null }\n',
  ],
  [
    'lists that are one',
    'patches: &all [b.patch]\nplatforms:\n  - { platform: linux/arm64, patches: *all }\n',
    'patches: &all []\nplatforms:\n  - { platform: linux/arm64, patches: *all }\n',
  ],
  ['nothing', 'patches: [a]\n', 'patches: [a]\n'],
])('patches are taken out of a recipe: %s', (_, before, after) => expect(drop(before, 'b.patch')).toBe(after));

test('what cannot be taken out is refused', () => {
  expect(() => drop('patches:\n  - &b b.patch\n  - a\ntest: [*b]\n', 'b.patch')).toThrow(
    expect.objectContaining({
      code: 'recipe.not-edited',
      message: 'the patches b.patch cannot be taken out',
      place: FILE,
      hint: 'write patches: as a plain list, one to a line, or take them out by hand',
    }),
  );
});

test('whatever is taken out of a list, all other lines stay', () => {
  const item = fc.record({
    isDropped: fc.boolean(),
    comment: fc.constantFrom('', ' # it', ' #'),
    quote: fc.constantFrom('', '"', "'"),
    isSpaced: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 6 }), fc.constantFrom('', '  '), (items, indent) => {
      const lines = items.map(({ comment, quote, isSpaced }, index) => ({
        name: `${index}.patch`,
        text: `${isSpaced ? '\n' : ''}${indent}-  ${quote}${index}.patch${quote}${comment}\n`,
      }));
      const isKept = (_: unknown, index: number) => items[index]?.isDropped === false;
      const dropped = lines.filter((line, index) => !isKept(line, index)).map(({ name }) => name);
      const left = lines.filter(isKept).map(({ text }) => text);
      const edited = drop(
        `# a\nname:   x\npatches:\n${lines.map(({ text }) => text).join('')}\n# end\nb: 1 # b\n`,
        ...dropped,
      );
      const wanted = `# a\nname:   x\n${left.length === 0 ? '' : 'patches:\n'}${left.join('')}\n# end\nb: 1 # b\n`;
      const bare = (text: string) => text.replaceAll(/\n+/g, '\n');
      expect(bare(edited)).toBe(bare(wanted));
    }),
    { numRuns: 100 },
  );
});
