import { posix, win32 } from 'node:path';
import { ForkwrightError } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Gives the folder of forkwright's cache: $FORKWRIGHT_CACHE as it stands, else where the platform (`process.platform`)
 * keeps caches. Throws `cache.no-folder` where the environment names no home. Specification: XDG base directories.
 */
export function findCacheFolder(env: Environment, platform: string): string {
  const own = env['FORKWRIGHT_CACHE'] ?? '';
  if (own !== '') return own;
  const folder = platformCache(env, platform);
  if (folder !== null) return folder;
  throw new ForkwrightError('cache.no-folder', 'there is no home folder to keep downloads in', {
    hint: 'set FORKWRIGHT_CACHE to a folder',
  });
}

function platformCache(env: Environment, platform: string): string | null {
  const { HOME: home = '', XDG_CACHE_HOME: xdg = '', LOCALAPPDATA: local = '' } = env;
  if (platform === 'win32') return local === '' ? null : win32.join(local, 'forkwright', 'Cache');
  // XDG: a relative path is to be ignored.
  if (xdg.startsWith('/')) return posix.join(xdg, 'forkwright');
  if (home === '') return null;
  const caches = platform === 'darwin' ? ['Library', 'Caches'] : ['.cache'];
  return posix.join(home, ...caches, 'forkwright');
}
