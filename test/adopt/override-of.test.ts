import fc from 'fast-check';
import { expect, test } from 'vitest';
import { overrideOf } from '../../src/adopt/override-of.ts';
import { applyOverride } from '../../src/recipe/override.ts';

const text = fc.string({ maxLength: 3 });
const build = fc.oneof(
  fc.record(
    { kind: fc.constant('go'), image: text, package: text, tags: fc.array(text), output: text },
    { requiredKeys: ['kind', 'image', 'output'] },
  ),
  fc.record({ kind: fc.constant('prebuilt'), image: text, path: text, output: text }),
);
const image = fc.record(
  {
    base: text,
    packages: fc.array(text),
    env: fc.dictionary(text, text),
    labels: fc.dictionary(text, text),
    user: text,
  },
  { requiredKeys: ['base'] },
);
const upstream = fc.record({ git: text, commit: text }, { requiredKeys: ['git'] });
const fields = fc.record({ version: text, upstream, build, image }, { requiredKeys: ['image'], noNullPrototype: true });

test('an override makes of the one what the other is', () => {
  fc.assert(
    fc.property(fields, fields, (base, wanted) => {
      const { data } = applyOverride(base, overrideOf(base, wanted), ['platforms', 0]);
      expect(JSON.parse(JSON.stringify(data))).toEqual(JSON.parse(JSON.stringify(wanted)));
    }),
  );
});

test('only what differs is said', () => {
  const base = { image: { base: 'a', env: { A: '1', B: '2' }, cmd: ['x'] }, version: '1' };
  const wanted = { image: { base: 'a', env: { A: '1', B: '3' } }, version: '1' };
  expect(overrideOf(base, wanted)).toEqual({ image: { env: { B: '3' }, cmd: null } });
});
