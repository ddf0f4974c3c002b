import { expect, test } from 'vitest';
import { EMPTY_LOCK, type RecipeLock } from '../../src/lock/lock.ts';
import { describeMove, listMoves } from '../../src/plan/list-moves.ts';

const lockOf = (upstreams: Readonly<Record<string, readonly [commit: string, tree: string]>>): RecipeLock => ({
  ...EMPTY_LOCK,
  upstreams: new Map(
    Object.entries(upstreams).map(([key, [commit, tree]]) => [
      key,
      { commit: commit.repeat(40), tree: tree.repeat(40), epochSeconds: 1, ref: null, version: '1' },
    ]),
  ),
});

test('upstreams whose commit moved, with their tree or without; credentials of a URL are not shown', () => {
  const key = 'https://user:hush@e.org/b.git branch main';
  const before = lockOf({ [key]: ['1', '2'], 'a tag v*': ['3', '4'], still: ['5', '6'], gone: ['7', '8'] });
  const after = lockOf({ [key]: ['a', '2'], 'a tag v*': ['b', 'c'], still: ['5', '6'], fresh: ['d', 'e'] });
  const moves = listMoves(before, after);
  expect(moves).toEqual([
    { upstream: 'a tag v*', old: '3'.repeat(40), new: 'b'.repeat(40), hasSameTree: false },
    {
      upstream: 'https://*********@e.org/b.git branch main',
      old: '1'.repeat(40),
      new: 'a'.repeat(40),
      hasSameTree: true,
    },
  ]);
  expect(moves.map(describeMove)).toEqual([
    'a tag v*: 333333333333..bbbbbbbbbbbb',
    'https://*********@e.org/b.git branch main: 111111111111..aaaaaaaaaaaa, the same files: only the provenance would change',
  ]);
});
