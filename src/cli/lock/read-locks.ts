import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { isSystemError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { LOCK_ENDING, LOCKS_FOLDER, lockPath, type RecipeLock } from '../../lock/lock.ts';
import { compareText } from '../../platform/order.ts';
import { readLock } from '../../recipe/load.ts';

const READS_AT_ONCE = 16;

/** The locks of a workspace. */
export interface Locks {
  /** By the names of their recipes. */
  readonly locks: ReadonlyMap<string, RecipeLock>;
  /** What is wrong with those that cannot be read. */
  readonly findings: readonly Finding[];
}

/** Reads the locks of recipes below `root`. */
export async function readLocks(root: string, recipes: readonly string[]): Promise<Locks> {
  const read = await pMap(recipes, async (name) => ({ name, result: await readLock(root, name) }), {
    concurrency: READS_AT_ONCE,
  });
  return {
    locks: new Map(
      read.flatMap(({ name, result }) => ('lock' in result && result.lock !== null ? [[name, result.lock]] : [])),
    ),
    findings: read.flatMap(({ result }) => ('lock' in result ? [] : result)),
  };
}

/** Finds locks whose recipe is gone; `known` are the names of all recipes, faulty ones too. */
export async function findOrphans(
  root: string,
  known: ReadonlySet<string>,
  severity: 'error' | 'warning',
): Promise<readonly Finding[]> {
  const names = (await listFolder(join(root, LOCKS_FOLDER)))
    .filter((file) => file.endsWith(LOCK_ENDING))
    .map((file) => file.slice(0, -LOCK_ENDING.length));
  return names
    .filter((name) => !known.has(name))
    .toSorted(compareText)
    .map((name) => {
      const text = 'no recipe has this lock any more';
      return { code: 'lock.orphan', severity, place: lockPath(name), text, hint: 'remove it' };
    });
}

async function listFolder(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
