import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { ForkwrightError, isSystemError } from '../errors.ts';
import { gitComplaint } from './complaint.ts';
import { succeeds, type Git, type Scratch } from './scratch.ts';

/** What became of a patch: `merged` is in the tree already, `three-way` fits only with the help of the file's history. */
export type PatchState = 'applied' | 'merged' | 'three-way';

export interface PatchFile {
  /** As people know it, `patches/<recipe>/<name>`. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

const APPLY = ['apply', '--cached', '--whitespace=nowarn'];
const SHOWN_REJECT_CHARACTERS = 4000;

/**
 * Applies a patch to a tree and gives the new tree's hash. In this order: as it is; found to be there already; three-way.
 * `git apply --check --3way` holds a patch that is there already for one that applies, so it comes last. `fetchHistory` is
 * called where a three-way merge lacks the versions of files that the patch was made for. Throws `source.patch-unreadable`,
 * `source.patch-conflict`. Specification: git-apply(1).
 */
export async function applyPatch(
  tree: string,
  patch: PatchFile,
  { git, workTree }: Scratch,
  fetchHistory: () => Promise<void>,
): Promise<{ readonly tree: string; readonly state: PatchState }> {
  const names = await listNames(patch, git);
  const apply = async (...options: string[]) => {
    await git(['read-tree', tree]);
    return succeeds(git([...APPLY, ...options, patch.path]));
  };
  const writeTree = async () => (await git(['write-tree'])).trim();
  if (await apply()) return { tree: await writeTree(), state: 'applied' };
  if (await apply('--check', '--reverse')) return { tree, state: 'merged' };
  const obstacle = await provideVersions(patch, git, fetchHistory);
  if (obstacle === null && (await apply('--3way'))) {
    const merged = await writeTree();
    return { tree: merged, state: merged === tree ? 'merged' : 'three-way' };
  }
  await git(['read-tree', tree]);
  throw await describeConflict(patch, names, workTree, git, obstacle);
}

/** The files that a patch touches. Reads all of the patch, and nothing else. */
async function listNames({ name, path }: PatchFile, git: Git): Promise<readonly string[]> {
  try {
    const text = await git(['apply', '--numstat', '-z', path]);
    return text.split('\0').flatMap((line) => line.split('\t')[2] ?? []);
  } catch (error) {
    if (!(error instanceof ForkwrightError) || error.code !== 'process.failed') throw error;
    throw new ForkwrightError('source.patch-unreadable', `git cannot read the patch: ${gitComplaint(error)}`, {
      place: name,
      hint: 'write it anew with git format-patch',
    });
  }
}

/** Gives why the versions that a patch was made for cannot be had; null where they are there. */
async function provideVersions(
  { path }: PatchFile,
  git: Git,
  fetchHistory: () => Promise<void>,
): Promise<ForkwrightError | null> {
  if (await succeeds(git(['apply', '--build-fake-ancestor=../ancestor', path]))) return null;
  try {
    await fetchHistory();
    return null;
  } catch (error) {
    if (error instanceof ForkwrightError && error.code === 'source.fetch-failed') return error;
    throw error;
  }
}

/** Lets git write the hunks that do not fit, each file's in a file of its own beside where it would be. */
async function describeConflict(
  { name, path }: PatchFile,
  names: readonly string[],
  workTree: string,
  git: Git,
  obstacle: ForkwrightError | null,
): Promise<ForkwrightError> {
  const inside = names.filter((file) => !posix.normalize(file).startsWith('..') && !posix.isAbsolute(file));
  for (const file of inside) await mkdir(dirname(join(workTree, file)), { recursive: true });
  let complaint = '';
  try {
    await git([...APPLY, '--reject', path]);
  } catch (error) {
    if (!(error instanceof ForkwrightError) || error.code !== 'process.failed') throw error;
    complaint = gitComplaint(error);
  }
  const rejects: string[] = [];
  const files: string[] = [];
  for (const file of inside) {
    const reject = await readReject(join(workTree, `${file}.rej`));
    if (reject === null) continue;
    files.push(`${file} (${listHunks(reject).join(', ')})`);
    rejects.push(reject.trimEnd());
  }
  const text = rejects.length === 0 ? complaint : `${files.join('; ')}\n${cut(rejects.join('\n'))}`;
  const hint =
    obstacle === null
      ? 'make it anew for this commit, or leave it out if upstream has solved it another way'
      : `a three-way merge was not tried, since ${obstacle.message}`;
  return new ForkwrightError('source.patch-conflict', `the patch does not apply: ${text}`, { place: name, hint });
}

async function readReject(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

/** The line numbers of a reject's hunks, `@@ -2,7 +2,7 @@`. */
function listHunks(reject: string): readonly string[] {
  return reject.match(/^@@ .*? @@/gm) ?? [];
}

function cut(text: string): string {
  return text.length <= SHOWN_REJECT_CHARACTERS ? text : `${text.slice(0, SHOWN_REJECT_CHARACTERS)}…`;
}
