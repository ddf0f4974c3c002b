import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { ForkwrightError, isSystemError } from '../errors.ts';
import { gitComplaint } from './complaint.ts';
import { APPLY } from './fit-patch.ts';
import type { PatchMessage } from './merge-patch.ts';
import { splitFiles, splitHead } from './patch-messages.ts';
import { succeeds, type Scratch } from './scratch.ts';

/** Why a patch does not fit. */
export interface Conflict {
  readonly parts: readonly ConflictPart[];
  /** Why a three-way merge could not be tried; null where it was. */
  readonly obstacle: ForkwrightError | null;
}

/** A file that a patch does not fit. */
interface ConflictPart {
  readonly files: readonly string[];
  /** `a.txt (@@ -1,7 +1,7 @@)`, or what git says: `a.txt: does not exist in index`. */
  readonly reason: string;
  /** The hunks that do not fit, as git writes them; null where nothing of the file does. */
  readonly reject: string | null;
  /** All that the patch would do to the file. */
  readonly diff: string;
}

const SHOWN_REJECT_CHARACTERS = 4000;

/** Finds out which files of a tree a patch does not fit, and lets git write the hunks. */
export async function describeConflict(
  tree: string,
  message: PatchMessage,
  scratch: Scratch,
  obstacle: ForkwrightError | null,
): Promise<Conflict> {
  const { git, folder } = scratch;
  await git(['read-tree', tree]);
  const parts: ConflictPart[] = [];
  for (const diff of splitFiles(message.text)) {
    const path = join(await mkdtemp(join(folder, 'file-')), 'patch');
    await writeFile(path, diff, 'latin1');
    if (await succeeds(git([...APPLY, '--check', path]))) continue;
    await git(['read-tree', tree]);
    parts.push(await describePart({ text: diff, path }, scratch));
  }
  if (parts.length > 0) return { parts, obstacle };
  // Each file by itself is fine: what one of them does is in another one's way.
  return { parts: [await describePart({ ...message, text: splitHead(message.text).diff }, scratch)], obstacle };
}

async function describePart({ text, path }: PatchMessage, { git, gitIn, folder }: Scratch): Promise<ConflictPart> {
  const files = await listNames(path, git);
  const inside = files.filter((file) => !posix.normalize(file).startsWith('..') && !posix.isAbsolute(file));
  const workTree = await mkdtemp(join(folder, 'reject-'));
  for (const file of inside) await mkdir(dirname(join(workTree, file)), { recursive: true });
  let complaint = '';
  try {
    await gitIn(workTree)([...APPLY, '--reject', path]);
  } catch (error) {
    if (!(error instanceof ForkwrightError) || error.code !== 'process.failed') throw error;
    complaint = gitComplaint(error);
  }
  const diff = Buffer.from(text, 'latin1').toString();
  const found: { readonly file: string; readonly reject: string }[] = [];
  for (const file of inside) {
    const reject = await readReject(join(workTree, `${file}.rej`));
    if (reject !== null) found.push({ file, reject: reject.trimEnd() });
  }
  if (found.length === 0) return { files, reason: complaint, reject: null, diff };
  const reason = found.map(({ file, reject }) => `${file} (${listHunks(reject).join(', ')})`).join('; ');
  return {
    files: found.map(({ file }) => file),
    reason,
    reject: found.map(({ reject }) => reject).join('\n'),
    diff,
  };
}

/** The files that a patch touches. Reads all of the patch, and nothing else; git throws where it cannot be read. */
export async function listNames(path: string, git: Scratch['git']): Promise<readonly string[]> {
  const text = await git(['apply', '--numstat', '-z', path]);
  return text.split('\0').flatMap((line) => line.split('\t')[2] ?? []);
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

/** Gives a conflict in one line: files with hunks, or what git says. */
export function formatReason({ parts }: Conflict): string {
  return parts.map(({ reason }) => reason).join('; ');
}

/** Gives all that does not fit as a diff; lines ended. */
export function formatReject({ parts }: Conflict): string {
  return parts.map(({ reject, diff }) => `${(reject ?? diff).trimEnd()}\n`).join('');
}

/** Gives the error of a patch that does not apply; `name` is its path in the workspace. */
export function conflictError(name: string, conflict: Conflict): ForkwrightError {
  const rejects = conflict.parts.flatMap(({ reject }) => reject ?? []);
  const shown = rejects.length === 0 ? '' : `\n${cutReject(rejects.join('\n'))}`;
  const hint =
    conflict.obstacle === null
      ? 'make it anew for this commit, or leave it out if upstream has solved it another way'
      : `a three-way merge was not tried, since ${conflict.obstacle.message}`;
  const text = `the patch does not apply: ${formatReason(conflict)}${shown}`;
  return new ForkwrightError('source.patch-conflict', text, { place: name, hint });
}

/** Gives as much of a reject as people read on a screen. */
export function cutReject(text: string): string {
  return text.length <= SHOWN_REJECT_CHARACTERS ? text : `${text.slice(0, SHOWN_REJECT_CHARACTERS)}…`;
}
