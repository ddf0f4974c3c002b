import { posix } from 'node:path';
import { ForkwrightError } from '../errors.ts';
import { quoted } from './quoted.ts';

/**
 * Takes the path of a file in a folder (the workspace, an archive), with slashes, and gives it without `.` and `..`.
 * Throws `recipe.invalid-path` where it is absolute, leaves the folder, or is the folder itself.
 */
export function parseWorkspacePath(text: string, folder = 'the workspace'): string {
  const fail = (what: string) =>
    new ForkwrightError('recipe.invalid-path', `${quoted(text)} ${what}`, {
      hint: `a path inside ${folder}, with slashes`,
    });
  if (text.includes('\\')) throw fail('has a backslash in it');
  if (posix.isAbsolute(text) || /^[A-Za-z]:/.test(text)) throw fail('is an absolute path');
  const path = posix.normalize(text).replace(/\/$/, '');
  if (path === '..' || path.startsWith('../')) throw fail(`leaves ${folder}`);
  if (path === '.' || text === '') throw fail(`is not a file in ${folder}`);
  return path;
}

/**
 * Checks an absolute path in an image, plainly written (no `.`, `..`, `//`, no slash at its end), and gives it back.
 * Throws `recipe.invalid-path`.
 */
export function parseImagePath(text: string): string {
  const fail = (what: string, hint: string) =>
    new ForkwrightError('recipe.invalid-path', `${quoted(text)} ${what}`, { hint });
  if (text.includes('\\')) throw fail('has a backslash in it', 'paths in images are written with slashes');
  if (!text.startsWith('/')) throw fail('is not an absolute path', `did you mean ${posix.normalize(`/${text}`)}?`);
  const plain = posix.normalize(text).replace(/(?<=.)\/$/, '');
  if (plain !== text) throw fail('is not written plainly', `did you mean ${plain}?`);
  return text;
}

/** The same for a file; the root is none. */
export function parseImageFile(text: string): string {
  if (text !== '/') return parseImagePath(text);
  throw new ForkwrightError('recipe.invalid-path', '"/" is the root of the image', { hint: 'name a file below it' });
}
