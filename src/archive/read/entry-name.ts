import { posix } from 'node:path';

/**
 * Gives an entry's name as a path below the root of its container: `./a`, `/a` and `a/` are `a`, the root itself is ''.
 * Null for a name that leads out of it.
 */
export function normaliseName(name: string): string | null {
  const path = posix.normalize(`./${name}`).replace(/\/$/, '');
  if (path === '..' || path.startsWith('../')) return null;
  return path === '.' ? '' : path;
}

/** Gives the name that a symlink leads to: its target counts from its own folder. Null where that is outside. */
export function resolveSymlink(name: string, target: string): string | null {
  return normaliseName(target.startsWith('/') ? target : posix.join(posix.dirname(name), target));
}
