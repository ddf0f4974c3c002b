import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { LIMITS, SIGNALS } from '../../src/fleet/signals.ts';

const PAGE = await readFile(new URL('../../docs/status.md', import.meta.url), 'utf8');

function rowOf(sign: string): readonly string[] {
  const line = PAGE.split('\n').find((each) => each.startsWith(`| \`${sign}\` `)) ?? '';
  return line.split('|').map((cell) => cell.trim());
}

test('the page lists every sign, in their order', () => {
  const listed = [...PAGE.matchAll(/^\| `([a-z ]+)` +\|/gm)].map(([, sign]) => sign);
  expect(listed).toEqual(Object.keys(SIGNALS));
});

test.each([
  ['activity', 2, `${LIMITS.upstreamAge.good} days`],
  ['activity', 3, `${LIMITS.upstreamAge.fair / 365} years`],
  ['distance', 3, `${LIMITS.commitsBehind.fair} new commits`],
  ['base age', 2, `${LIMITS.baseAge.good} days`],
  ['merge request', 2, `${LIMITS.proposalAge.good} days`],
  ['merge request', 3, `${LIMITS.proposalAge.fair} days`],
])('the page has the limit of %s in its column %i', (sign, column, limit) => {
  expect(rowOf(sign)[column]).toContain(limit);
});

test('so have the signs themselves', () => {
  expect(SIGNALS.activity).toBe(
    `good within ${LIMITS.upstreamAge.good} days, fair within ${LIMITS.upstreamAge.fair / 365} years`,
  );
  expect(SIGNALS.distance).toContain(`fair: up to ${LIMITS.commitsBehind.fair} commits`);
  expect(SIGNALS['base age']).toBe(`good within ${LIMITS.baseAge.good} days, fair within a year`);
  expect(SIGNALS['merge request']).toBe(
    `good within ${LIMITS.proposalAge.good} days, fair within ${LIMITS.proposalAge.fair} days`,
  );
});
