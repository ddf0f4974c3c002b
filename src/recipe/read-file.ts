import { isUtf8 } from 'node:buffer';
import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { isSystemError, messageOf } from '../errors.ts';
import type { Finding } from '../finding.ts';
import { formatFrame } from './frame.ts';

/** A workspace's file of defaults. */
export const WORKSPACE_FILE = 'forkwright.yaml';

const MAX_BYTES = 1024 * 1024;

/**
 * Reads a recipe or forkwright.yaml as text; `file` is its path below `root`, with slashes, and the place of findings.
 * A finding `yaml.*` where it is no file of a size that people write, leaves its folder by a link, or is not UTF-8.
 * null where it is not there.
 */
export async function readYamlFile(root: string, file: string): Promise<string | Finding | null> {
  const path = join(root, file);
  const fail = (code: string, text: string, hint: string | null, place = file): Finding => ({
    code: `yaml.${code}`,
    severity: 'error',
    place,
    text,
    hint,
  });
  try {
    // Before it is opened: a pipe would be waited for, and a huge file would be read.
    let stats = await lstat(path);
    if (stats.isSymbolicLink()) {
      const folder = await realpath(dirname(path));
      const target = await realpath(path);
      if (!target.startsWith(folder + sep))
        return fail('link', 'is a link out of its folder', 'put the file itself there');
      stats = await stat(path);
    }
    if (!stats.isFile()) return fail('not-a-file', 'is not a file', null);
    if (stats.size > MAX_BYTES) {
      return fail('too-large', `has ${stats.size} bytes; a recipe has at most ${MAX_BYTES}`, null);
    }
    const bytes = await readFile(path);
    const text = new TextDecoder().decode(bytes);
    if (isUtf8(bytes)) return text;
    const offset = Math.max(0, text.indexOf('\u{fffd}'));
    const before = text.slice(0, offset).split('\n');
    const position = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
    const finding = fail('not-utf8', 'is not UTF-8', 'save it as UTF-8', `${file}:${position.line}:${position.column}`);
    return { ...finding, frame: formatFrame(text, position) };
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    if (isSystemError(error, 'EACCES', 'EPERM', 'ELOOP'))
      return fail('unreadable', `cannot be read: ${messageOf(error)}`, null);
    throw error;
  }
}
