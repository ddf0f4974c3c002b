import { expect, test } from 'vitest';
import { findCacheFolder } from '../../src/cache/cache-folder.ts';

test.each([
  [{ FORKWRIGHT_CACHE: '/own', HOME: '/home/a', XDG_CACHE_HOME: '/xdg' }, 'linux', '/own'],
  [{ FORKWRIGHT_CACHE: '', HOME: '/home/a' }, 'linux', '/home/a/.cache/forkwright'],
  [{ HOME: '/home/a', XDG_CACHE_HOME: '/xdg' }, 'linux', '/xdg/forkwright'],
  [{ HOME: '/home/a', XDG_CACHE_HOME: 'relative' }, 'linux', '/home/a/.cache/forkwright'],
  [{ XDG_CACHE_HOME: '/xdg' }, 'linux', '/xdg/forkwright'],
  [{ HOME: '/Users/a' }, 'darwin', '/Users/a/Library/Caches/forkwright'],
  [{ LOCALAPPDATA: 'C:\\Users\\a\\Local', HOME: '/c' }, 'win32', 'C:\\Users\\a\\Local\\forkwright\\Cache'],
])('%o on %s', (env, platform, folder) => {
  expect(findCacheFolder(env, platform)).toBe(folder);
});

test.each(['linux', 'win32'])('without a home on %s', (platform) => {
  expect(() => findCacheFolder({}, platform)).toThrow('there is no home folder to keep downloads in');
});
