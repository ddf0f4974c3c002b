import { join } from 'node:path';
import { ForkwrightError } from '../errors.ts';

/**
 * Gives the folder of forkwright's cache, absolute: $FORKWRIGHT_CACHE, else where the platform (`process.platform`) keeps
 * caches. Throws `cache.no-folder` where the environment names no home. Specification: XDG base directories.
 */
export function findCacheFolder(env: Readonly<Record<string, string | undefined>>, platform: string): string {
  const own = env['FORKWRIGHT_CACHE'] ?? '';
  if (own !== '') return own;
  const parts = platformCache(env, platform);
  if (parts !== null) return join(...parts);
  throw new ForkwrightError('cache.no-folder', 'there is no home folder to keep downloads in', {
    hint: 'set FORKWRIGHT_CACHE to a folder',
  });
}

function platformCache(
  env: Readonly<Record<string, string | undefined>>,
  platform: string,
): [string, ...string[]] | null {
  const { HOME: home = '', XDG_CACHE_HOME: xdg = '', LOCALAPPDATA: local = '' } = env;
  if (platform === 'win32') return local === '' ? null : [local, 'forkwright', 'Cache'];
  // XDG: a relative path is to be ignored.
  if (xdg.startsWith('/')) return [xdg, 'forkwright'];
  if (home === '') return null;
  return platform === 'darwin' ? [home, 'Library', 'Caches', 'forkwright'] : [home, '.cache', 'forkwright'];
}
