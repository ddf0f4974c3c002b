import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { ForkwrightError } from '../errors.ts';
import { APPLY } from './fit-patch.ts';
import { namesVersions } from './patch-messages.ts';
import { succeeds, type Scratch } from './scratch.ts';

/** One message of a patch file, and the file of its own that git reads it from. */
export interface PatchMessage {
  /** One character per byte (latin1). */
  readonly text: string;
  /** Absolute. */
  readonly path: string;
}

export interface MergeResult {
  /** Null where it conflicts, or where the versions that the patch was made for are not to be had. */
  readonly tree: string | null;
  /** Why those versions could not be looked for; null where they were. */
  readonly obstacle: ForkwrightError | null;
}

/**
 * Merges a patch into a tree three ways, with the versions of files that it was made for. They are in what was fetched, or
 * are made by the messages before it, or are in the history, for which `fetchHistory` is called. Follows files that were
 * renamed. Specification: git-am(1), --3way.
 */
export async function mergePatch(
  tree: string,
  message: PatchMessage,
  earlier: readonly PatchMessage[],
  scratch: Scratch,
  fetchHistory: () => Promise<void>,
): Promise<MergeResult> {
  const sides = await findSides(tree, message, earlier, scratch, fetchHistory);
  if (sides === null || sides instanceof ForkwrightError) return { tree: null, obstacle: sides };
  // All other files of the tree look new beside these few: one of them may be taken for a removed one under another name.
  const merged = (await merge(tree, sides, ['--no-renames'], scratch)) ?? (await merge(tree, sides, [], scratch));
  return { tree: merged, obstacle: null };
}

async function merge(
  tree: string,
  { base, theirs }: Sides,
  options: readonly string[],
  { git, gitIn, folder }: Scratch,
): Promise<string | null> {
  await git(['read-tree', tree]);
  // git writes what it merges there, and takes what an earlier merge left for changes of somebody's.
  const workTree = await mkdtemp(join(folder, 'merge-'));
  const command = ['merge-recursive', ...options, base, '--', tree, theirs];
  return (await succeeds(gitIn(workTree)(command))) ? (await git(['write-tree'])).trim() : null;
}

/** Trees with nothing but the files of a patch: as it was made for, and as it makes them. */
interface Sides {
  readonly base: string;
  readonly theirs: string;
}

async function findSides(
  tree: string,
  message: PatchMessage,
  earlier: readonly PatchMessage[],
  scratch: Scratch,
  fetchHistory: () => Promise<void>,
): Promise<Sides | ForkwrightError | null> {
  // What a message makes of its files is what the next one was made for.
  const replay = async () => {
    for (const each of earlier) await makeSides(tree, each, scratch);
    return makeSides(tree, message, scratch);
  };
  const found = (await makeSides(tree, message, scratch)) ?? (await replay());
  if (found !== null || !namesVersions(message.text)) return found;
  try {
    await fetchHistory();
  } catch (error) {
    if (error instanceof ForkwrightError && error.code === 'source.fetch-failed') return error;
    throw error;
  }
  return replay();
}

async function makeSides(tree: string, { path }: PatchMessage, { git, indexFile }: Scratch): Promise<Sides | null> {
  // For modes and renames alone a patch names no versions; git takes those of the index.
  await git(['read-tree', tree]);
  if (!(await succeeds(git(['apply', `--build-fake-ancestor=${indexFile}`, path])))) return null;
  const base = (await git(['write-tree'])).trim();
  if (!(await succeeds(git([...APPLY, path])))) return null;
  return { base, theirs: (await git(['write-tree'])).trim() };
}
