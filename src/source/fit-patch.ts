import { ForkwrightError } from '../errors.ts';
import type { Scratch } from './scratch.ts';

/** The options of `git apply` with which patches are put on a tree. */
export const APPLY = ['apply', '--cached', '--whitespace=nowarn'] as const;

/**
 * Puts a patch (the path of a file with one message) on a tree as it is, and gives the new tree; the same one where it has
 * all that the patch does; null where it does not fit. A patch that is there may fit a second time where its surroundings
 * are repeated further on: it is where git has to go the shorter way from the lines that the patch names.
 * Specification: git-apply(1).
 */
export async function fitPatch(tree: string, path: string, scratch: Scratch): Promise<string | null> {
  const fresh = await applyTo(tree, [], path, scratch);
  // Of modes git only warns that they are what the patch would make them: it fits, and changes nothing.
  if (fresh !== null && (fresh.tree === tree || fresh.offsetLines === 0)) return fresh.tree;
  const reversed = await applyTo(tree, ['--reverse'], path, scratch);
  if (reversed === null) return fresh?.tree ?? null;
  // There and back again, since for the same reason a patch of which only the mode is lacking can be reversed.
  const isThere = (await applyTo(reversed.tree, [], path, scratch))?.tree === tree;
  if (fresh === null) return isThere ? tree : null;
  return isThere && reversed.offsetLines < fresh.offsetLines ? tree : fresh.tree;
}

interface Fit {
  readonly tree: string;
  /** How far from where the patch says its hunks were put, all together. */
  readonly offsetLines: number;
}

async function applyTo(
  tree: string,
  options: readonly string[],
  path: string,
  { git, gitMessages }: Scratch,
): Promise<Fit | null> {
  await git(['read-tree', tree]);
  let messages: string;
  try {
    messages = await gitMessages([...APPLY, '--verbose', ...options, path]);
  } catch (error) {
    if (error instanceof ForkwrightError && error.code === 'process.failed') return null;
    throw error;
  }
  const offsets = [...messages.matchAll(/\(offset (-?\d+) lines?\)/g)].map(([, lines]) => Math.abs(Number(lines)));
  return { tree: (await git(['write-tree'])).trim(), offsetLines: offsets.reduce((sum, lines) => sum + lines, 0) };
}
