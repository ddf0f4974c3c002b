import { expect, test } from 'vitest';
import { judgePin } from '../../src/propose/pin-move.ts';
import type { Upstream } from '../../src/recipe/target.ts';
import { GIT, lockedUpstream, NEW, OLD } from './change-values.ts';

const BRANCH = { kind: 'branch', branch: 'main' } as const;
const TAG = { kind: 'tag', pattern: 'v*' } as const;
const tag = (name: string | null) => (name === null ? null : `refs/tags/${name}`);

test.each<[Upstream['track'], string | null, string, boolean | null, string]>([
  [BRANCH, null, 'main', true, 'newer'],
  [BRANCH, null, 'main', false, 'newer'],
  [TAG, 'v1.9', 'v1.10', null, 'newer'],
  [TAG, 'v1.10', 'v1.9', true, 'current'],
  [TAG, null, 'v1.9', true, 'newer'],
  [TAG, null, 'v1.9', false, 'apart'],
  [TAG, null, 'v1.9', null, 'apart'],
])('%j from %s to %s, in whose history it is: %s', (track, from, to, isAncestor, expected) => {
  const upstream = { git: GIT, track, commit: OLD };
  const [was, is] = [lockedUpstream(OLD, { ref: tag(from) }), lockedUpstream(NEW, { ref: tag(to) })];
  expect(judgePin(was, { upstream, to: is }, isAncestor)).toBe(expected);
  expect(judgePin(was, { upstream, to: lockedUpstream(OLD, { ref: tag(to) }) }, isAncestor)).toBe('current');
});
