import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../errors.ts';

const ABANDONED_MS = 24 * 60 * 60 * 1000;

/** Gives where the cache keeps the objects of an upstream: the folder of its repository, named after the URL's SHA-256. */
export function storeFolder(cacheFolder: string, url: string): string {
  return join(cacheFolder, 'git', `${createHash('sha256').update(url).digest('hex')}.git`);
}

/**
 * Makes a store usable and gives its folder of objects. It has no refs and no locks, only packs and objects, which git
 * adds by rename and which are named after their contents: so several processes can add to it, and one that is killed
 * leaves nothing but temporary files. Those are removed when they are a day old.
 */
export async function openStore(store: string): Promise<string> {
  const packs = join(store, 'objects', 'pack');
  await mkdir(packs, { recursive: true });
  for (const name of await readdir(packs)) {
    if (name.startsWith('tmp_') && (await isAbandoned(join(packs, name)))) await rm(join(packs, name), { force: true });
  }
  return join(store, 'objects');
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > ABANDONED_MS;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Removes all of a store, at once for whoever comes next. */
export async function discardStore(store: string): Promise<void> {
  const old = `${store}.${randomUUID()}.old`;
  try {
    await rename(store, old);
  } catch (error) {
    // Somebody else was quicker.
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
  await rm(old, { recursive: true, force: true });
}
