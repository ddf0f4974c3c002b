import { posix } from 'node:path';
import pMap from 'p-map';
import { ForkwrightError } from '../errors.ts';
import { composeCommitMessage } from './commit-message.ts';
import type { ForgeState } from './forge-state.ts';
import type { CommitAction, GitLabClient } from './gitlab-client.ts';
import type { Proposal } from './proposal.ts';
import type { BranchWork } from './step.ts';

const CONCURRENCY = 4;

/**
 * Gives a branch the files of a proposal in one commit on the head of the target branch, in one request, and gives that
 * commit's id. Throws `forge.branch-moved` where somebody has pushed to it since it was seen, and what GitLabApi throws.
 */
export async function writeBranch(
  name: string,
  work: BranchWork,
  proposal: Proposal,
  { targetHead }: Pick<ForgeState, 'targetHead'>,
  client: GitLabClient,
): Promise<string> {
  if (work.isRight && work.head !== null) return work.head;
  const actions = await listActions(proposal, targetHead, client);
  // GitLab overwrites without a word: whoever pushed since the branch was seen would lose it. What is left is a moment.
  if (work.head !== null && (await client.findBranch(name))?.commit.id !== work.head) {
    throw new ForkwrightError('forge.branch-moved', `somebody pushed to ${name} just now, so it was not overwritten`, {
      hint: 'the next run sees what is on it',
    });
  }
  const commit = await client.commit({
    branch: name,
    start: targetHead,
    force: work.head !== null,
    message: composeCommitMessage(proposal),
    actions,
  });
  return commit.id;
}

/** GitLab refuses to create a file that is there, and to update or delete one that is not. */
async function listActions(
  { files }: Proposal,
  targetHead: string,
  client: GitLabClient,
): Promise<readonly CommitAction[]> {
  const folders = [...new Set(files.map(({ path }) => folderOf(path)))];
  const listed = await pMap(folders, (folder) => client.listFiles(targetHead, folder), { concurrency: CONCURRENCY });
  const there = new Set(listed.flat());
  return files.flatMap(({ path, content }): readonly CommitAction[] => {
    if (content !== null) return [{ action: there.has(path) ? 'update' : 'create', file_path: path, content }];
    return there.has(path) ? [{ action: 'delete', file_path: path }] : [];
  });
}

/** '' for the root of the project. */
function folderOf(path: string): string {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
}
