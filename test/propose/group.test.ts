import { expect, test } from 'vitest';
import { EMPTY_LOCK } from '../../src/lock/lock.ts';
import { groupNews } from '../../src/propose/group.ts';
import { findNews } from '../../src/propose/news.ts';
import { GIT, lockedUpstream, NEW, OLD, registryImage } from './change-values.ts';

function newsOf(commit: string, hex: string) {
  const lockOf = (at: string, digit: string) => ({
    ...EMPTY_LOCK,
    upstreams: new Map([[`${GIT} branch main`, lockedUpstream(at)]]),
    images: new Map([['docker.io/library/alpine:3.20', registryImage({ 'linux/amd64': digit })]]),
  });
  return findNews(lockOf(OLD, 'a'), lockOf(commit, hex));
}

const NEWS = new Map([
  ['two', newsOf(OLD, 'b')],
  ['one', newsOf(OLD, 'b')],
  ['both', newsOf(NEW, 'b')],
  ['none', newsOf(OLD, 'a')],
]);

test('each recipe with news has its own', () => {
  expect(groupNews(NEWS, false)).toEqual([
    { key: 'both', branch: 'both', recipes: ['both'] },
    { key: 'one', branch: 'one', recipes: ['one'] },
    { key: 'two', branch: 'two', recipes: ['two'] },
  ]);
});

test('grouped, a recipe alone has the same key as with others', () => {
  const base = { key: 'base:alpine:3.20', branch: 'base--alpine-3-20-75be9c49' };
  expect(groupNews(NEWS, true)).toEqual([
    { ...base, recipes: ['one', 'two'] },
    { key: 'both', branch: 'both', recipes: ['both'] },
  ]);
  expect(groupNews(new Map([...NEWS].slice(1)), true)[0]).toEqual({ ...base, recipes: ['one'] });
});
