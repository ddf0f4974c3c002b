import fc from 'fast-check';
import { expect, test } from 'vitest';
import { composeDescription, readDescription, type Marker } from '../../src/forge/description.ts';
import { digestOf } from '../../src/oci/digest.ts';

const marker: fc.Arbitrary<Marker> = fc.record({
  key: fc.string({ unit: fc.constantFrom('-', '>', '!', '"', '\\', 'a', '\n') }),
  branch: fc.constant('forkwright/copy'),
  recipes: fc.array(fc.string()),
  target: fc.string().map((text) => digestOf(text)),
  content: fc.string().map((text) => digestOf(text)),
  head: fc.string(),
  title: fc.string(),
  body: fc.string(),
  labels: fc.array(fc.string({ unit: 'binary' })),
  closed: fc.boolean(),
});

test('what is hidden in a description comes out again, and no comment ends within it', () => {
  fc.assert(
    fc.property(fc.string(), marker, (text, hidden) => {
      const body = text.trim();
      const description = composeDescription(body, hidden);
      expect(readDescription(description, 'forkwright/copy')).toEqual({ body, marker: hidden, isTicked: false });
      expect(description.split('\n').at(-1)).toMatch(/^<!--(?:(?!--).)*-->$/u);
    }),
  );
});

test('a marker that was copied from another merge request is none', () => {
  fc.assert(
    fc.property(marker, (hidden) => {
      const { body, marker: found } = readDescription(composeDescription('Words.', hidden), 'ada/feature');
      expect({ body, found }).toEqual({ body: 'Words.', found: null });
    }),
    { numRuns: 10 },
  );
});

test.each(['', 'Words.', '<!-- forkwright {"key": 1} -->', '<!-- forkwright {broken} -->', '<!-- forkwright -->'])(
  'a description without a marker that can be read: %s',
  (text) => {
    expect(readDescription(text, 'forkwright/copy').marker).toBeNull();
  },
);
