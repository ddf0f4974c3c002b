import { stat } from 'node:fs/promises';
import { isSystemError } from '../../errors.ts';

/** Whether a path leads to a file or folder. Throws the system's error where that cannot be found out. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG')) return false;
    throw error;
  }
}
