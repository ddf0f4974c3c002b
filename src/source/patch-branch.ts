import { open, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { maskCredentials } from '../recipe/quoted.ts';
import { applySeries, type PatchStep } from './apply-patch.ts';
import { isolatedEnvironment } from './git-environment.ts';
import { readCommit } from './obtain.ts';
import { composeCommit, parseMailDate, parseMailHeaders, type MailHeaders } from './patch-branch-commit.ts';
import { conflictError } from './patch-conflict.ts';
import { readPatch } from './read-patch.ts';
import { hashOf, withScratch, type GitDeps, type Scratch } from './scratch.ts';

const TIMEOUT_MS = 60_000;

export interface PatchBranchDeps extends GitDeps {
  /** The workspace, absolute; patches are relative to it. */
  readonly root: string;
}

/** What patches are put on. */
export interface PatchBase {
  /** The upstream's URL. */
  readonly git: string;
  readonly commit: string;
  /** The folder of git objects that has the commit, absolute; new commits are put there. */
  readonly objects: string;
  /** Called where a three-way merge needs versions of files that are not in `objects`. */
  readonly fetchHistory: () => Promise<void>;
}

/**
 * Makes one commit of each message of patches (paths relative to the workspace) on top of a commit, as `git am` does, and
 * gives the last one's hash; the commit itself where there are none. The last one's tree is what is built: where the source
 * has what a patch does, there is no commit. The same commit and patches give the same hash everywhere. Throws `source.*`.
 */
export async function commitPatches(
  base: PatchBase,
  patches: readonly string[],
  deps: PatchBranchDeps,
): Promise<string> {
  const { git, commit, objects, fetchHistory } = base;
  if (patches.length === 0) return commit;
  const files = await Promise.all(patches.map((name) => readPatch(name, deps.root)));
  return withScratch(objects, hashOf(commit), deps, async (scratch) => {
    const { tree, epochSeconds } = await readCommit(commit, maskCredentials(git), scratch);
    let head = commit;
    for await (const outcome of applySeries(tree, files, scratch, fetchHistory)) {
      if (outcome.state === 'conflict') throw conflictError(outcome.path, outcome.conflict);
      for (const step of outcome.steps) {
        if (step.state === 'merged') continue;
        const name = basename(outcome.path);
        head = await commitStep(step, { name, parent: head, epochSeconds }, scratch, deps);
      }
    }
    return head;
  });
}

interface StepPlace {
  /** Of the patch's file. */
  readonly name: string;
  readonly parent: string;
  /** Of the commit that the patches are for: a plain diff has no date of its own. */
  readonly epochSeconds: number;
}

async function commitStep(
  { text, after }: PatchStep,
  { name, parent, epochSeconds }: StepPlace,
  { folder, git }: Scratch,
  deps: GitDeps,
): Promise<string> {
  const { headers, body } = await readMail(text, folder, deps);
  const { author, email, subject } = headers;
  const date = parseMailDate(headers.date) ?? { epochSeconds, zone: '+0000' };
  const title = subject === '' ? name : subject;
  const path = join(folder, 'commit');
  await writeFile(path, composeCommit({ tree: after, parent, author, email, ...date, subject: title, body }));
  // Not `commit-tree`: a commit that is written as it stands depends on nothing of the machine.
  return (await git(['hash-object', '-t', 'commit', '-w', path])).trim();
}

/** git knows how mails say names and texts: folded, encoded, in any character set. */
async function readMail(
  text: string,
  folder: string,
  { env, run, signal }: GitDeps,
): Promise<{ readonly headers: MailHeaders; readonly body: string }> {
  const [mail, message, diff] = [join(folder, 'mail'), join(folder, 'message'), join(folder, 'diff')];
  await writeFile(mail, text, 'latin1');
  const places = { gitFolder: join(folder, 'none'), objects: join(folder, 'none'), workTree: folder };
  const file = await open(mail);
  try {
    const options = { env: isolatedEnvironment(env, places), cwd: folder, signal, timeoutMs: TIMEOUT_MS };
    const argv = ['git', 'mailinfo', '--encoding=UTF-8', message, diff] as const;
    const { stdout } = await run([...argv], { ...options, inputFd: file.fd });
    return { headers: parseMailHeaders(stdout), body: await readFile(message, 'utf8') };
  } finally {
    await file.close();
  }
}
