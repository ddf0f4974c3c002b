import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { maskCredentials } from '../recipe/quoted.ts';
import type { Upstream } from '../recipe/target.ts';
import { applySeries, type AppliedPatch, type PatchStep } from './apply-patch.ts';
import { fetchHistory, provideCommit } from './fetch-commit.ts';
import { storeFolder } from './object-store.ts';
import { readCommit, type SourceDeps } from './obtain.ts';
import { formatReason, formatReject } from './patch-conflict.ts';
import { rewriteMessage } from './patch-messages.ts';
import type { PatchConflict, PatchVerdict } from './patch-verdict.ts';
import { readPatch } from './read-patch.ts';
import { requireGit } from './require-git.ts';
import { hashOf, withScratch, type Scratch } from './scratch.ts';

/** An upstream at the commit that patches are held to. */
export type PinnedUpstream = Upstream & { readonly commit: string };

/**
 * Says what becomes of a series of patches (paths relative to the workspace) on a commit: each is held to the tree that
 * those before it leave, and a conflict is left out of it. The network is needed only for what the cache lacks. Throws
 * `source.*`; `source.fetch-failed` too where a patch may fit, and the history that would tell cannot be fetched.
 */
export async function classifySeries(
  upstream: PinnedUpstream,
  patches: readonly string[],
  deps: SourceDeps,
): Promise<readonly PatchVerdict[]> {
  const { commit, git } = upstream;
  const files = await Promise.all(patches.map((name) => readPatch(name, deps.root)));
  if (files.length === 0) return [];
  await requireGit(deps.root, deps);
  const objects = await provideCommit(storeFolder(deps.cacheFolder, git), commit, upstream, deps);
  return withScratch(objects, hashOf(commit), deps, async (scratch) => {
    const { tree } = await readCommit(commit, maskCredentials(git), scratch);
    const verdicts: PatchVerdict[] = [];
    const history = () => fetchHistory(objects, commit, git, deps);
    for await (const outcome of applySeries(tree, files, scratch, history)) {
      if (outcome.state !== 'conflict') {
        verdicts.push(await judge(outcome, scratch));
        continue;
      }
      const { path, conflict } = outcome;
      if (conflict.obstacle !== null) throw conflict.obstacle;
      const found = conflict.parts.flatMap((part) => part.files);
      verdicts.push({
        state: 'conflict',
        path,
        reason: formatReason(conflict),
        reject: formatReject(conflict),
        files: found,
        after: verdicts.filter(isConflict).flatMap((before) => (sharesFile(before, found) ? before.path : [])),
      });
    }
    return verdicts;
  });
}

function isConflict(verdict: PatchVerdict): verdict is PatchConflict {
  return verdict.state === 'conflict';
}

function sharesFile(before: PatchConflict, files: readonly string[]): boolean {
  return files.some((file) => before.files.includes(file));
}

async function judge({ state, path, steps }: AppliedPatch, scratch: Scratch): Promise<PatchVerdict> {
  if (state === 'applied') return { state: 'applies', path };
  if (state === 'merged') return { state: 'merged', path };
  let text = '';
  for (const step of steps) text += await refreshStep(step, scratch);
  return { state: 'refresh', path, content: Buffer.from(text, 'latin1') };
}

/** What is left of a message: nothing of one that is merged. */
async function refreshStep({ state, text, before, after }: PatchStep, { git, folder }: Scratch): Promise<string> {
  if (state === 'merged') return '';
  if (state === 'applied') return text;
  // Attributes are those of the index.
  await git(['read-tree', after]);
  const output = join(folder, 'diff');
  const options = ['--patch', '--stat=72', '--summary', '--find-renames', '--full-index', '--binary'];
  await git(['diff-tree', ...options, `--output=${output}`, before, after]);
  const [stat = '', ...diff] = (await readFile(output, 'latin1')).split(/^(?=diff --git )/m);
  return rewriteMessage(text, { stat: stat.replace(/\n\n$/, '\n'), diff: diff.join('') });
}
