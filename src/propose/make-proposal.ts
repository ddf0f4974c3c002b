import type { FileChange, Proposal } from '../forge/proposal.ts';
import type { ProposeSettings } from '../recipe/resolve-propose.ts';
import type { Change } from './change.ts';
import { composeBody } from './compose-body.ts';
import { composeMessage, composeTitle } from './compose-title.ts';
import type { Group } from './group.ts';
import { newsDate } from './news.ts';
import { proposalTarget } from './proposal-target.ts';

/** Gives the merge request for a change; `files` are against the head of the target branch. */
export function makeProposal(
  { key, branch, recipes }: Group,
  change: Change,
  files: readonly FileChange[],
  { branchPrefix, labels }: Pick<ProposeSettings, 'branchPrefix' | 'labels'>,
): Proposal {
  const dates = change.recipes.flatMap(({ news }) => newsDate(news) ?? []);
  return {
    key,
    recipes,
    branch: `${branchPrefix}${branch}`,
    title: composeTitle(change),
    body: composeBody(change),
    labels,
    commitMessage: composeMessage(change),
    files,
    target: proposalTarget(change.recipes),
    // RFC 3339 in UTC: the order of the texts is that of the times.
    movedAt: dates.toSorted().at(-1) ?? null,
  };
}
