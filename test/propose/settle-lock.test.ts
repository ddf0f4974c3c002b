import { expect, test } from 'vitest';
import { EMPTY_LOCK, type RecipeLock } from '../../src/lock/lock.ts';
import { findNews, hasNews, newsDate } from '../../src/propose/news.ts';
import { settleLock } from '../../src/propose/settle-lock.ts';
import type { IgnoreRule } from '../../src/recipe/resolve-propose.ts';
import { digest, GIT, lockedUpstream, NEW, OLD, registryImage } from './change-values.ts';

const KEY = `${GIT} branch main`;
const ALPINE = 'docker.io/library/alpine:3.20';
const BEFORE = lockOf(OLD, registryImage({ 'linux/amd64': 'a' }, 'e'));
const AFTER = lockOf(NEW, registryImage({ 'linux/amd64': 'b' }, 'f'), '2.1.0');

function lockOf(commit: string, alpine: ReturnType<typeof registryImage>, version = '1.0.0'): RecipeLock {
  return {
    ...EMPTY_LOCK,
    upstreams: new Map([[KEY, lockedUpstream(commit, { version, epochSeconds: 1_700_000_000 })]]),
    images: new Map([[ALPINE, alpine]]),
  };
}

function rule(more: Partial<IgnoreRule>): IgnoreRule {
  return { recipe: null, what: 'upstream', versions: null, until: null, because: null, ...more };
}

const taken = (lock: RecipeLock) => [
  lock.upstreams.get(KEY)?.commit === NEW ? 'upstream' : '',
  lock.images.get(ALPINE) === AFTER.images.get(ALPINE) ? 'image' : '',
];

test.each<[Partial<IgnoreRule>[], string[]]>([
  [[], ['upstream', 'image']],
  [[{}], ['', 'image']],
  [[{ what: 'base' }], ['upstream', '']],
  [[{ what: 'alpine:*' }], ['upstream', '']],
  [[{ what: 'docker.io/*' }], ['upstream', '']],
  [[{ what: 'golang:*' }], ['upstream', 'image']],
  [
    [{ recipe: 'to*' }, { recipe: 'other', what: 'base' }],
    ['', 'image'],
  ],
  [[{ versions: '>=2' }], ['', 'image']],
  [[{ versions: '>=3' }], ['upstream', 'image']],
  [[{ versions: NEW.slice(0, 7) }], ['', 'image']],
  [[{ what: 'base', versions: digest('f').slice(0, 19) }], ['upstream', '']],
  [[{ what: 'base', versions: digest('d') }], ['upstream', 'image']],
  [[{ until: '2026-11-22' }], ['', 'image']],
  [[{ until: '2026-11-21' }], ['upstream', 'image']],
])('with the rules %j', (rules, expected) => {
  const { lock, passedOver } = settleLock('tool', BEFORE, AFTER, rules.map(rule), '2026-11-21');
  expect(taken(lock)).toEqual(expected);
  expect(passedOver).toHaveLength(expected.filter((what) => what === '').length);
});

test('an index that got another platform, which nobody uses, is no news and stays', () => {
  const churned = lockOf(OLD, registryImage({ 'linux/amd64': 'a' }, 'f'));
  expect(settleLock('tool', BEFORE, churned, [], '2026-11-21').lock).toEqual(BEFORE);
  expect(hasNews(findNews(BEFORE, churned))).toBe(false);
});

test('another version of the same commit is news; a platform more is none', () => {
  const tagged = lockOf(OLD, registryImage({ 'linux/amd64': 'a' }, 'e'), '1.0.1');
  expect(hasNews(findNews(BEFORE, tagged))).toBe(true);
  const wider = lockOf(OLD, registryImage({ 'linux/amd64': 'a', 'linux/arm64': 'c' }, 'e'));
  expect(hasNews(findNews(BEFORE, wider))).toBe(false);
  expect(findNews(BEFORE, wider).images).toHaveLength(1);
});

test('news are as old as the newest of them', () => {
  expect(newsDate(findNews(BEFORE, AFTER))).toBe('2023-11-14T22:15:00Z');
  expect(newsDate({ upstreams: [], images: [] })).toBe(null);
});
