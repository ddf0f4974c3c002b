import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ForkwrightError, isSystemError } from '../errors.ts';

export interface PatchFile {
  /** As people know it, `patches/<recipe>/<name>`. */
  readonly name: string;
  /** One character per byte (latin1). */
  readonly text: string;
}

/** Reads a patch by its path relative to the workspace. Throws `source.patch-missing`. */
export async function readPatch(name: string, root: string): Promise<PatchFile> {
  try {
    return { name, text: await readFile(join(root, name), 'latin1') };
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES')) throw error;
    throw new ForkwrightError('source.patch-missing', 'the patch cannot be read', {
      place: name,
      hint: 'patches of a recipe lie below patches/<recipe>/',
      cause: error,
    });
  }
}
