import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ForkwrightError, isSystemError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { newestPatchDate } from '../source/patch-date.ts';

/**
 * Hashes a file of the workspace; of an image layout, which is a folder, its index.json, which names all else by digest.
 * Throws `lock.no-file`.
 */
export async function hashWorkspaceFile(root: string, path: string): Promise<Digest> {
  return explained(path, async () => {
    const isFolder = (await stat(join(root, path))).isDirectory();
    const hash = createHash('sha256');
    const file = isFolder ? join(root, path, 'index.json') : join(root, path);
    for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
    return `sha256:${hash.digest('hex')}` as const;
  });
}

/** Gives the newest date in a patch of the workspace, seconds since 1970; null where it has none. Throws `lock.no-file`. */
export async function readPatchDate(root: string, path: string): Promise<number | null> {
  return explained(path, async () => newestPatchDate(await readFile(join(root, path), 'latin1')));
}

async function explained<Result>(place: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (!isSystemError(cause, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR')) throw cause;
    const hint = 'a recipe names it: put it there, or take it out of the recipe';
    throw new ForkwrightError('lock.no-file', 'the file cannot be read', { place, hint, cause });
  }
}
