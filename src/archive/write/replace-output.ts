import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ForkwrightError, isSystemError } from '../../errors.ts';
import { explainWriteError } from './write-error.ts';

const SUFFIX = '.partial';
/** The temporary names that this process has in use. */
const OWN = new Set<string>();

/**
 * Lets `write` make a file or folder under a temporary name beside `output`, and gives it its name only when it is whole.
 * Parent folders are made. What earlier runs left behind for this output is removed. Whatever fails leaves nothing, and
 * an output that was there before stays. Throws what `write` throws; the system's errors as `archive.write-failed`.
 */
export async function replaceOutput<Result>(
  output: string,
  write: (temporary: string) => Promise<Result>,
): Promise<Result> {
  return withTemporary(output, async (temporary) => {
    const result = await write(temporary);
    await moveInto(temporary, resolve(output));
    return result;
  });
}

/**
 * Gives `use` the name of a file or folder for the time, hidden beside `output`, and removes it afterwards. What earlier
 * runs left behind for this output is removed. Throws what `use` throws; the system's errors as `archive.write-failed`.
 */
export async function withTemporary<Result>(
  output: string,
  use: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const folder = dirname(resolve(output));
  const temporary = nameTemporary(folder, basename(output));
  OWN.add(temporary);
  try {
    await mkdir(folder, { recursive: true });
    await removeLeftovers(folder, basename(output));
    try {
      return await use(temporary);
    } finally {
      // What went wrong first is what the user must know; the next run removes what this cannot.
      await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    }
  } catch (error) {
    throw asOutputError(error, output, folder);
  } finally {
    OWN.delete(temporary);
  }
}

function nameTemporary(folder: string, name: string): string {
  return join(folder, `.${name}.${process.pid}-${randomBytes(6).toString('hex')}${SUFFIX}`);
}

/** A folder cannot be renamed over one that holds something: the old one steps aside first. */
async function moveInto(temporary: string, output: string): Promise<void> {
  try {
    await rename(temporary, output);
  } catch (error) {
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'EPERM')) throw error;
    const old = temporary.replace(/\.partial$/, `-old${SUFFIX}`);
    await rename(output, old);
    try {
      await rename(temporary, output);
    } catch (second) {
      await rename(old, output);
      throw second;
    }
    await rm(old, { recursive: true, force: true });
  }
}

/**
 * A run that was killed could not clean up; the number in the name says whether it still runs. In containers all runs have
 * the same number: what has that of this process, and is not its own, was another's.
 */
async function removeLeftovers(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(`.${name}.`) || !entry.endsWith(SUFFIX)) continue;
    const pid = /^([0-9]+)-[0-9a-f]+(?:-old)?$/.exec(entry.slice(name.length + 2, -SUFFIX.length))?.[1];
    if (pid === undefined || OWN.has(join(folder, entry))) continue;
    const isLeft = Number(pid) === process.pid || !isRunning(Number(pid));
    if (isLeft) await rm(join(folder, entry), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isSystemError(error, 'ESRCH');
  }
}

/** Errors of the file system in the output's folder; one that came from reading a blob elsewhere is not explained here. */
function asOutputError(error: unknown, output: string, folder: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || error.syscall === 'read') return error;
  if (
    'path' in error &&
    typeof error.path === 'string' &&
    !folder.startsWith(error.path) &&
    !error.path.startsWith(folder)
  ) {
    return error;
  }
  const { text, hint } = explainWriteError(error);
  return new ForkwrightError('archive.write-failed', `cannot be written: ${text}`, {
    place: output,
    hint,
    cause: error,
  });
}
