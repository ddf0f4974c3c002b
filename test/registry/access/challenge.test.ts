import { expect, test } from 'vitest';
import { parseChallenges } from '../../../src/registry/access/challenge.ts';

test.each<readonly [header: string, challenges: readonly unknown[]]>([
  ['', []],
  ['Basic', [['basic', {}]]],
  ['Basic realm="a b"', [['basic', { realm: 'a b' }]]],
  [
    'Bearer realm="https://a.test/token",service="x",scope="repository:a/b:pull,push"',
    [['bearer', { realm: 'https://a.test/token', service: 'x', scope: 'repository:a/b:pull,push' }]],
  ],
  ['bEaReR ReAlM = tok , error="a \\"b\\""', [['bearer', { realm: 'tok', error: 'a "b"' }]]],
  [
    'Negotiate, Basic realm="x", Bearer realm="y",service=z',
    [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
      ['bearer', { realm: 'y', service: 'z' }],
    ],
  ],
  [
    'Negotiate YWJj==, Basic realm=x',
    [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
    ],
  ],
  [', ,Basic realm=x,', [['basic', { realm: 'x' }]]],
  [
    'Bearer realm="unclosed',
    [
      ['bearer', {}],
      ['realm', {}],
    ],
  ],
])('%s', (header, challenges) => {
  const read = parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
  expect(read).toEqual(challenges);
});
