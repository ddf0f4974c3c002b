import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ForkwrightError } from '../errors.ts';
import { gitComplaint } from './complaint.ts';
import { fitPatch } from './fit-patch.ts';
import { mergePatch, type PatchMessage } from './merge-patch.ts';
import { describeConflict, listNames, type Conflict } from './patch-conflict.ts';
import { splitMessages } from './patch-messages.ts';
import type { PatchFile } from './read-patch.ts';
import type { Scratch } from './scratch.ts';

/** What became of a patch: `merged` is in the tree already, `three-way` fits only in part or with the help of history. */
export type PatchState = 'applied' | 'merged' | 'three-way';

/** A message of a patch, and the trees before and after it. */
export interface PatchStep {
  readonly state: PatchState;
  /** One character per byte (latin1). */
  readonly text: string;
  readonly before: string;
  readonly after: string;
}

export type PatchOutcome =
  AppliedPatch | { readonly state: 'conflict'; readonly path: string; readonly conflict: Conflict };

export interface AppliedPatch {
  readonly state: PatchState;
  /** `patches/<recipe>/<name>`. */
  readonly path: string;
  /** One per message of the file. */
  readonly steps: readonly PatchStep[];
  /** With the patch. */
  readonly tree: string;
}

/**
 * Applies patches to a tree, each to what those before it have left, message by message, and gives what becomes of each;
 * one that does not fit is passed over. In this order: as it is; found to be there already; three-way. `git apply --check
 * --3way` holds a patch that is there already for one that applies, so it comes last. `fetchHistory` is called where a
 * three-way merge lacks the versions of files that a patch was made for. Throws `source.patch-unreadable`.
 */
export async function* applySeries(
  start: string,
  patches: readonly PatchFile[],
  scratch: Scratch,
  fetchHistory: () => Promise<void>,
): AsyncGenerator<PatchOutcome> {
  let history: Promise<void> | null = null;
  const fetchOnce = () => (history ??= fetchHistory());
  const earlier: PatchMessage[] = [];
  let tree = start;
  for (const patch of patches) {
    const steps: PatchStep[] = [];
    let conflict: Conflict | null = null;
    for (const message of await writeMessages(patch, earlier.length, scratch)) {
      const before = steps.at(-1)?.after ?? tree;
      const step: Applied | Conflict | null =
        conflict === null ? await applyMessage(before, message, [...earlier], scratch, fetchOnce) : null;
      earlier.push(message);
      if (step === null) continue;
      if ('parts' in step) conflict = step;
      else steps.push({ ...step, text: message.text, before });
    }
    if (conflict !== null) {
      yield { state: 'conflict', path: patch.name, conflict };
      continue;
    }
    tree = steps.at(-1)?.after ?? tree;
    yield { state: stateOf(steps), path: patch.name, steps, tree };
  }
}

/** Each message becomes a file that git can read by itself. */
async function writeMessages(
  { name, text }: PatchFile,
  count: number,
  { folder, git }: Scratch,
): Promise<readonly PatchMessage[]> {
  const messages = splitMessages(text).map((each, index) => ({
    text: each,
    path: join(folder, `message-${count + index + 1}.patch`),
  }));
  for (const message of messages) {
    await writeFile(message.path, message.text, 'latin1');
    try {
      await listNames(message.path, git);
    } catch (error) {
      if (!(error instanceof ForkwrightError) || error.code !== 'process.failed') throw error;
      throw new ForkwrightError('source.patch-unreadable', `git cannot read the patch: ${gitComplaint(error)}`, {
        place: name,
        hint: 'write it anew with git format-patch',
      });
    }
  }
  return messages;
}

type Applied = Pick<PatchStep, 'state' | 'after'>;

async function applyMessage(
  tree: string,
  message: PatchMessage,
  earlier: readonly PatchMessage[],
  scratch: Scratch,
  fetchHistory: () => Promise<void>,
): Promise<Applied | Conflict> {
  const fitted = await fitPatch(tree, message.path, scratch);
  if (fitted !== null) return { state: fitted === tree ? 'merged' : 'applied', after: fitted };
  const merged = await mergePatch(tree, message, earlier, scratch, fetchHistory);
  if (merged.tree === null) return describeConflict(tree, message, scratch, merged.obstacle);
  return { state: merged.tree === tree ? 'merged' : 'three-way', after: merged.tree };
}

function stateOf(steps: readonly PatchStep[]): PatchState {
  const [first] = steps;
  return first !== undefined && steps.every(({ state }) => state === first.state) ? first.state : 'three-way';
}
