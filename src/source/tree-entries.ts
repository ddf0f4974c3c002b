import { ForkwrightError } from '../errors.ts';

/** A file of a tree. Paths have slashes. */
export interface TreeEntry {
  readonly path: string;
  readonly kind: 'file' | 'program' | 'link' | 'submodule';
  /** The hash of git's blob; of a submodule the commit. */
  readonly object: string;
}

const ENTRY = /^(\d{6}) \w+ ([0-9a-f]+)\t(.+)$/s;

/**
 * Reads what `git ls-tree -r -z` prints. Throws `source.name-not-utf8` for a name that no build context can hold.
 * Specification: git-ls-tree(1).
 */
export function parseTree(text: string): readonly TreeEntry[] {
  return text
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const [, mode = '', object = '', path = ''] = ENTRY.exec(line) ?? [];
      if (path.includes('\u{fffd}')) {
        throw new ForkwrightError('source.name-not-utf8', 'the name of a file is not UTF-8', {
          place: path,
          hint: 'a patch can rename it',
        });
      }
      return { path, kind: kindOf(mode), object };
    });
}

// Old repositories have 100664 too; git asks for the owner's bit alone.
function kindOf(mode: string): TreeEntry['kind'] {
  if (mode === '120000') return 'link';
  if (mode === '160000') return 'submodule';
  return (Number.parseInt(mode, 8) & 0o100) === 0 ? 'file' : 'program';
}
