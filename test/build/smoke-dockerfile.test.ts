import fc from 'fast-check';
import { expect, test } from 'vitest';
import { smokeDockerfile } from '../../src/build/smoke-dockerfile.ts';

test('a program is run without a shell and without a network', () => {
  expect(smokeDockerfile(['tar', '--version'])).toBe('FROM image\nRUN --network=none ["tar", "--version"]\n');
});

test('nothing in a word means anything to BuildKit', () => {
  expect(smokeDockerfile(['echo', '$HOME <<EOF\nx', '"\\'])).toBe(
    String.raw`FROM image
RUN --network=none ["echo", "\u0024HOME \u003c\u003cEOF\nx", "\"\\"]
`,
  );
});

test('any words arrive as they are, in two lines without signs that are expanded', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (words) => {
      const [from, run = '', ...rest] = smokeDockerfile(words).split('\n');
      expect([from, ...rest]).toEqual(['FROM image', '']);
      expect(run).not.toMatch(/[$<\r]/);
      expect(JSON.parse(run.slice('RUN --network=none '.length))).toEqual(words);
    }),
  );
});
