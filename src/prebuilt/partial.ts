import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../errors.ts';

/*
 * Unfinished downloads. While one is written its file belongs to one process: `<name>.<pid>.<uuid>`. A process that gives up
 * leaves it as `<name>`; one that was killed leaves it as it is, and its number tells that it is gone. Numbers of other
 * machines or containers that share the cache tell nothing, so a file may be taken from one that lives: then its last
 * check finds the file missing or wrong, and it starts anew.
 */

/** Gives the path of an own unfinished file, with what another process left behind of it, if there is anything. */
export async function claimPartial(folder: string, name: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const own = join(folder, `${name}.${process.pid}.${randomUUID()}`);
  for (const other of await listLeft(folder, name)) {
    if (await renameIfThere(join(folder, other), own)) break;
  }
  return own;
}

/** Leaves an unfinished file to whoever wants to go on with it. */
export async function leavePartial(partial: string, folder: string, name: string): Promise<void> {
  await renameIfThere(partial, join(folder, name));
}

/** Removes what nobody needs any more when the file is whole. */
export async function clearPartials(folder: string, name: string): Promise<void> {
  for (const other of await listLeft(folder, name)) await rm(join(folder, other), { force: true });
}

async function listLeft(folder: string, name: string): Promise<readonly string[]> {
  const isLeft = (entry: string) => {
    if (entry === name) return true;
    const pid = entry.startsWith(`${name}.`) ? /^\d+/.exec(entry.slice(name.length + 1))?.[0] : undefined;
    return pid !== undefined && !isAlive(Number(pid));
  };
  return (await readdir(folder)).filter(isLeft).sort();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !isSystemError(error, 'ESRCH');
  }
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}
