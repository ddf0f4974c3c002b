import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { decideRecipes, joinWords, type RecipeFacts } from '../../src/plan/decide.ts';
import { factsOf, imageOf } from './plan-values.ts';

const NAME = 'registry.example.com/tool:1';
const LEAVES = { builder: 'buildx', 'source tree': 'aaaa' };

const decide = (facts: RecipeFacts) => {
  const [plan] = decideRecipes([facts]);
  return plan?.targets.map(({ platform, action, reason }) => `${platform} ${action}: ${reason}`);
};

test.each<readonly [what: string, facts: RecipeFacts, expected: string]>([
  ['never published', factsOf('tool', { a: LEAVES }, null), 'a build: it was never published'],
  ['not in out/', factsOf('tool', { a: LEAVES }, null, { store: 'out' }), 'a build: it was not built yet'],
  [
    'the same',
    factsOf('tool', { a: LEAVES }, imageOf(NAME, { a: LEAVES })),
    'a skip: nothing that decides the image has changed',
  ],
  [
    'without a record',
    factsOf('tool', { a: LEAVES }, imageOf(NAME, { a: null })),
    `a build: ${NAME} has no record of what it was built from`,
  ],
  [
    'a new platform',
    factsOf('tool', { a: LEAVES }, imageOf(NAME, { b: LEAVES })),
    `a build: ${NAME} does not have this platform`,
  ],
  [
    'a single manifest, which does not say its platform',
    factsOf('tool', { a: LEAVES }, imageOf(NAME, {})),
    `a build: ${NAME} has no record of what it was built from`,
  ],
  [
    'two leaves',
    factsOf('tool', { a: LEAVES }, imageOf(NAME, { a: { 'source tree': 'bbbb' } })),
    'a build: builder and source tree changed',
  ],
  [
    'an obstacle',
    factsOf('tool', { a: LEAVES }, null, { obstacle: 'the host is gone' }),
    'a unknown: the host is gone',
  ],
  ['no inputs', factsOf('tool', { a: LEAVES }, null, { inputs: new Map() }), 'a unknown: its inputs are not known'],
  [
    'an open leaf, although the record has the same',
    factsOf('tool', { a: { 'source tree': 'not locked' } }, imageOf(NAME, { a: { 'source tree': 'not locked' } })),
    'a unknown: source tree is not locked',
  ],
  [
    'several open leaves',
    factsOf('tool', { a: { 'image a': 'not locked', 'image b': 'not locked' } }, null),
    'a unknown: image a and image b are not locked',
  ],
])('%s', (_, facts, expected) => {
  expect(decide(facts)).toEqual([expected]);
});

test('the whole of a plan: hash, changes, what is there, and platforms that are not wanted any more', () => {
  const fresh = { builder: 'buildx', 'source tree': 'bbbb' };
  const image = imageOf(NAME, { a: LEAVES, old: LEAVES });
  const [plan] = decideRecipes([factsOf('tool', { a: fresh }, image, { lock: { state: 'behind', changes: [] } })]);
  expect(plan).toEqual({
    recipe: 'tool',
    parents: [],
    lock: { state: 'behind', changes: [] },
    store: 'registry',
    published: NAME,
    targets: [
      {
        platform: 'a',
        action: 'build',
        reason: 'source tree changed',
        inputHash: digestOf('{"builder":"buildx","source tree":"bbbb"}'),
        changes: [{ leaf: 'source tree', old: 'aaaa', new: 'bbbb' }],
        published: { name: NAME, digest: digestOf(`${NAME} a`) },
      },
    ],
    dropped: ['old'],
    moves: [],
  });
});

test('what is built on another recipe comes behind it, and says whether that is rebuilt', () => {
  const on = (hash: string, more = {}) => ({ a: { 'recipe base': hash, ...more } });
  const base = factsOf('base', { a: { x: '2' } }, imageOf('base:1', { a: { x: '1' } }));
  const child = factsOf('child', on('2'), imageOf('child:1', on('1')), { parents: ['base'] });
  const both = factsOf('both', on('2', { y: '2' }), imageOf('both:1', on('1', { y: '1' })), { parents: ['base'] });
  const reasons = (facts: readonly RecipeFacts[]) =>
    decideRecipes(facts).map(({ recipe, targets }) => `${recipe}: ${targets[0]?.reason}`);
  expect(reasons([both, child, base])).toEqual([
    'base: x changed',
    'both: y changed; base is rebuilt',
    'child: base is rebuilt',
  ]);
  const still = factsOf('base', { a: { x: '2' } }, imageOf('base:1', { a: { x: '2' } }));
  expect(reasons([child, still])).toEqual([
    'base: nothing that decides the image has changed',
    'child: recipe base changed',
  ]);
  expect(reasons([child])).toEqual(['child: recipe base changed']);
});

test('recipes that are built on each other are told', () => {
  const facts = ['a', 'b'].map((name, index) => factsOf(name, {}, null, { parents: [['b'], ['a']][index] ?? [] }));
  expect(() => decideRecipes(facts)).toThrow('recipes are built on each other: a -> b -> a');
});

test('words are joined as people do it', () => {
  expect(joinWords(['a'])).toBe('a');
  expect(joinWords(['a', 'b', 'c', 'd'])).toBe('a, b, c and d');
  expect(joinWords(['a', 'b', 'c', 'd', 'e', 'f'])).toBe('a, b, c and 3 more');
});

test('a target is skipped if and only if the record has the hash of inputs that are known; unknown is never skipped', () => {
  const value = fc.constantFrom('1', '2', 'not locked');
  const leaves = fc.record({ 'source tree': value, 'image x': value, builder: fc.constantFrom('native', 'buildx') });
  const published = fc.option(fc.record({ record: fc.option(leaves), isThere: fc.boolean() }));
  fc.assert(
    fc.property(
      leaves,
      published,
      fc.option(fc.constantFrom('the host is gone', 'there is no lock')),
      fc.boolean(),
      (own, there, obstacle, isKnown) => {
        const image = there === null ? null : imageOf(NAME, { [there.isThere ? 'a' : 'b']: there.record });
        const facts = factsOf('tool', { a: own }, image, {
          obstacle,
          ...(isKnown ? {} : { inputs: new Map() }),
        });
        const [target] = decideRecipes([facts])[0]?.targets ?? [];
        const hash = facts.inputs.get('a')?.inputHash;
        const isOpen = Object.values(own).includes('not locked');
        const isDecidable = obstacle === null && isKnown && !isOpen;
        const isSame = image?.platforms.get('a')?.record?.inputHash === hash && hash !== undefined;
        expect(target?.action === 'skip').toBe(isDecidable && isSame);
        expect(target?.action === 'unknown').toBe(!isDecidable);
        expect(target?.inputHash).toBe(isKnown && !isOpen ? hash : null);
      },
    ),
  );
});
