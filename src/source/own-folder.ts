import { lstat, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { replaceOutput } from '../archive/write/replace-output.ts';
import { ForkwrightError, isSystemError } from '../errors.ts';
import { compareText } from '../platform/order.ts';

/*
 * A folder with a source holds what upstream has and nothing else, so that it was written by us stands beside it, in a
 * hidden file: the names that it has at its top, as a JSON list.
 */

/** Where it stands that a folder was written by us. */
export function noteOf(folder: string): string {
  const whole = resolve(folder);
  return join(dirname(whole), `.${basename(whole)}.forkwright`);
}

/** Notes that a folder has, or is about to have, these names at its top. */
export async function noteOwn(folder: string, names: Iterable<string>): Promise<void> {
  const text = `${JSON.stringify([...new Set(names)].toSorted(compareText), null, 2)}\n`;
  await replaceOutput(noteOf(folder), (temporary) => writeFile(temporary, text));
}

/**
 * Gives the names at the top of a folder that may be replaced: one that is empty, absent, or was written by us and has
 * got no other name since. Throws `source.refuses-folder`.
 */
export async function listReplaceable(folder: string): Promise<readonly string[]> {
  const names = await listNames(folder);
  if (names.length === 0) return [];
  const own = await readNote(folder);
  const foreign = own === null ? null : names.find((name) => !own.includes(name));
  if (foreign === undefined) return names;
  const what =
    foreign === null
      ? 'the folder is not empty, and forkwright did not write it'
      : `the folder holds ${JSON.stringify(foreign)}, which forkwright did not write`;
  throw refusal(folder, what, 'choose another output, or remove the folder');
}

async function listNames(folder: string): Promise<readonly string[]> {
  try {
    if (!(await lstat(folder)).isDirectory()) {
      throw refusal(folder, 'a file or a link stands where the folder is to be', 'choose another output, or remove it');
    }
    return (await readdir(folder)).toSorted(compareText);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

async function readNote(folder: string): Promise<readonly unknown[] | null> {
  try {
    const names: unknown = JSON.parse(await readFile(noteOf(folder), 'utf8'));
    return Array.isArray(names) ? names : null;
  } catch (error) {
    // What cannot be read does not say that the folder is ours; the folder is refused.
    if (isSystemError(error, 'ENOENT', 'EISDIR') || error instanceof SyntaxError) return null;
    throw error;
  }
}

function refusal(place: string, text: string, hint: string): ForkwrightError {
  return new ForkwrightError('source.refuses-folder', text, { place, hint });
}
