import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isSystemError } from '../errors.ts';
import { compareText } from '../platform/order.ts';

const ABANDONED_MS = 60 * 60 * 1000;

/**
 * Gives the path of an unfinished file or folder that nobody else writes. What somebody who is gone has left of `name` is
 * taken over, by rename, so that only one can; more of it is removed. A folder may be shared by containers and machines,
 * where a number of a process says nothing: what belongs to another host counts as left when an hour has passed.
 */
export async function claimLeftover(folder: string, name: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const own = join(folder, `${name}.${hostTag()}.${process.pid}.${randomUUID()}`);
  let isClaimed = false;
  for (const other of (await readdir(folder)).toSorted(compareText)) {
    if (!other.startsWith(`${name}.`) || !(await isAbandoned(folder, other, name))) continue;
    if (isClaimed) await rm(join(folder, other), { recursive: true, force: true });
    else isClaimed = await tryRename(join(folder, other), own);
  }
  return own;
}

/** Tells hosts apart without writing down what they are called. */
function hostTag(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 12);
}

async function isAbandoned(folder: string, entry: string, name: string): Promise<boolean> {
  const [, host, pid] = /^([^.]+)\.([0-9]+)\.[^.]+$/.exec(entry.slice(name.length + 1)) ?? [];
  // The name of something else begins alike.
  if (pid === undefined) return false;
  if (host === hostTag() && !isAlive(Number(pid))) return true;
  try {
    return Date.now() - (await stat(join(folder, entry))).mtimeMs > ABANDONED_MS;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !isSystemError(error, 'ESRCH');
  }
}

async function tryRename(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    // Somebody else was quicker.
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}
