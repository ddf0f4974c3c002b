import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ForkwrightError, isSystemError } from '../errors.ts';

const ABANDONED_MS = 24 * 60 * 60 * 1000;

/** Gives where the cache keeps the objects of an upstream: the folder of its repository, named after the URL's SHA-256. */
export function storeFolder(cacheFolder: string, url: string): string {
  return join(cacheFolder, 'git', `${createHash('sha256').update(url).digest('hex')}.git`);
}

/**
 * Makes a store usable and gives its folder of objects. It has no refs and no locks, only packs and objects, which git
 * adds by rename and which are named after their contents: so several processes can add to it, and one that is killed
 * leaves nothing but temporary files. Those are removed when they are a day old.
 * Throws `cache.write-failed`.
 */
export async function openStore(store: string): Promise<string> {
  const packs = join(store, 'objects', 'pack');
  await makeFolder(packs);
  for (const name of await readdir(packs)) {
    if (name.startsWith('tmp_') && (await isAbandoned(join(packs, name)))) await rm(join(packs, name), { force: true });
  }
  return join(store, 'objects');
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    if (!isSystemError(error, 'ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'EEXIST')) throw error;
    throw new ForkwrightError('cache.write-failed', 'nothing can be kept in the cache', {
      place: path,
      hint: 'free some space, or set FORKWRIGHT_CACHE to another folder',
      cause: error,
    });
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > ABANDONED_MS;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

/**
 * Lets `fill` fill an empty store, and puts it in the place of another; where that fails the other one stays. Throws what
 * `fill` throws.
 */
export async function renewStore(store: string, fill: (fresh: string) => Promise<void>): Promise<void> {
  const [fresh, old] = [`${store}.${randomUUID()}.new`, `${store}.${randomUUID()}.old`];
  try {
    await fill(fresh);
    await rename(store, old);
    await rename(fresh, store);
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}
