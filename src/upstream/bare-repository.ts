import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asCacheError } from '../cache/cache-error.ts';
import { isSystemError } from '../errors.ts';
import { gitTools, type GitToolDeps } from './git-tools.ts';

/**
 * Makes a bare repository in the cache. It appears by rename, whole; of several processes that make it, one wins. Throws
 * `cache.write-failed`, and what git throws.
 */
export async function makeRepository(folder: string, hash: 'sha1' | 'sha256', deps: GitToolDeps): Promise<void> {
  const fresh = `${folder}.${randomUUID()}.new`;
  try {
    await mkdir(dirname(folder), { recursive: true });
    const { local } = gitTools(fresh, dirname(folder), deps);
    await local(['init', '--bare', '--quiet', '--template=', `--object-format=${hash}`, fresh]);
    await rename(fresh, folder);
  } catch (error) {
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw asCacheError(error, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Whether a repository of the cache is there. Throws `cache.write-failed`. */
export async function isRepository(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw asCacheError(error, folder);
  }
}
