import { digestFiles } from './commit-message.ts';
import { isOf, type ForgeState, type SeenBranch, type SeenRequest } from './forge-state.ts';
import { countRequests, findClosedSchedule, findCoolDown } from './limits.ts';
import type { Proposal, ProposalPolicy, Wanted } from './proposal.ts';
import { planText } from './request-text.ts';
import type { BranchWork, Step } from './step.ts';

/**
 * Decides what is to be done so that the forge has what is wanted: one merge request per proposal, none of what is not wanted
 * any more. What is right is not written. What people did stands: their commits, their texts, their closing. `nowMs`:
 * milliseconds since 1970. Gives the steps in the order in which they are to be done: first what makes room.
 */
export function reconcile(wanted: Wanted, there: ForgeState, policy: ProposalPolicy, nowMs: number): readonly Step[] {
  const open = there.requests.filter(({ request }) => request.state !== 'closed' && request.state !== 'merged');
  const obsolete = open
    .filter((seen) => !wanted.proposals.some((proposal) => isOf(seen, proposal)))
    .flatMap((seen) => settleObsolete(seen, wanted, there));
  const count = countRequests(policy, open.length - obsolete.filter(({ action }) => action === 'close').length);
  const steps = wanted.proposals.map((proposal): Step => {
    const seen = chooseOpen(open, proposal);
    if (seen !== null) return settleOpen(seen, proposal, { wanted, there, policy, nowMs });
    const step = settleNew(proposal, wanted, there);
    if (step.action !== 'create' && step.action !== 'reopen') return step;
    const delay = findCoolDown(proposal, policy, nowMs) ?? findClosedSchedule(policy, nowMs) ?? count.findLimit();
    if (delay !== null) return rest('deferred', step, delay);
    count.add();
    return step;
  });
  return [...obsolete, ...removeLeftovers(wanted, there), ...steps];
}

interface Situation {
  readonly wanted: Wanted;
  readonly there: ForgeState;
  readonly policy: ProposalPolicy;
  readonly nowMs: number;
}

/** Of several, which only people can have made, the one from the branch that forkwright writes. */
function chooseOpen(open: readonly SeenRequest[], proposal: Proposal): SeenRequest | null {
  const found = open.filter((seen) => isOf(seen, proposal));
  return found.find(({ request }) => request.branch === proposal.branch) ?? found.at(0) ?? null;
}

function settleObsolete(seen: SeenRequest, wanted: Wanted, there: ForgeState): readonly Step[] {
  const { request, marker } = seen;
  const { branch, url } = request;
  if (marker === null) {
    if (wanted.only !== null) return [];
    return [rest('leave', { key: branch, branch, url }, 'its description does not say any more what it is for')];
  }
  const { key, recipes } = marker;
  const { only } = wanted;
  if (only !== null && recipes.some((recipe) => !only.has(recipe))) return [];
  const facts = { key, branch, url };
  const doubt = findDoubt(recipes, wanted);
  if (doubt !== null) return [rest('leave', facts, doubt)];
  if (request.state === 'locked') return [rest('leave', facts, 'it is being merged')];
  const ignored = recipes.map((recipe) => wanted.ignored.get(recipe)).find((reason) => reason !== undefined);
  const reason = ignored ?? 'there is nothing to propose for it any more';
  const seenBranch = there.branches.get(branch);
  if (seenBranch?.isForeign === true) {
    const blocked = `${reason}, but its branch has commits of other people`;
    return [{ action: 'blocked', ...facts, reason: blocked, request, head: seenBranch.head }];
  }
  return [{ action: 'close', ...facts, reason, request, head: seenBranch?.head ?? null }];
}

function settleOpen(seen: SeenRequest, proposal: Proposal, { wanted, there, policy, nowMs }: Situation): Step {
  const { request, marker, isTicked } = seen;
  const facts = { key: proposal.key, branch: request.branch, url: request.url };
  const doubt = findDoubt([...proposal.recipes, ...(marker?.recipes ?? [])], wanted);
  if (doubt !== null) return rest('leave', facts, doubt);
  if (request.state === 'locked') return rest('leave', facts, 'it is being merged');
  const branch = there.branches.get(request.branch) ?? null;
  const content = digestFiles(proposal.files);
  if (branch?.isForeign === true && !isTicked) {
    if (marker?.content === content) {
      return rest('leave', facts, 'its branch has commits of other people, and there is nothing new for it');
    }
    const reason = 'its branch has commits of other people, and stays as it is';
    return { action: 'blocked', ...facts, reason, request, head: branch.head };
  }
  const why = findReason(branch, content, seen, there);
  const work = { head: branch?.head ?? null, isRight: why === null };
  const { change, kept } = planText(request, proposal, work.head ?? '');
  const own =
    kept.length === 0 ? '' : `; its ${kept.join(' and ')}, edited by people, ${kept.length === 1 ? 'stays' : 'stay'}`;
  if (why === null && change === null) return rest('leave', facts, `it is up to date${own}`);
  if (!isTicked) {
    const isOther = marker !== null && marker.target !== proposal.target;
    const delay = (isOther ? findCoolDown(proposal, policy, nowMs) : null) ?? findClosedSchedule(policy, nowMs);
    if (delay !== null) return rest('deferred', facts, delay);
  }
  const reason = `${why ?? 'its text has changed'}${own}`;
  return { action: 'update', ...facts, reason, proposal, request, work };
}

/** Why the branch of an open merge request has to be written; null where it is right. */
function findReason(
  branch: SeenBranch | null,
  content: string,
  { request, isTicked }: SeenRequest,
  { targetHead }: ForgeState,
): string | null {
  if (isTicked) return 'somebody asked for the branch to be made anew';
  if (branch === null) return 'its branch is gone';
  if (branch.content !== content) return 'what it proposes has changed';
  // GitLab looks for conflicts some time after a push: what it says may be about the commit before.
  return request.hasConflicts && !branch.parents.includes(targetHead) ? 'it could not be merged any more' : null;
}

function settleNew(proposal: Proposal, wanted: Wanted, there: ForgeState): Step {
  const branch = there.branches.get(proposal.branch) ?? null;
  const last = there.requests
    .filter((seen) => isOf(seen, proposal))
    .toSorted((one, other) => other.request.iid - one.request.iid)
    .at(0);
  const isDeclined = last?.request.state === 'closed' && last.marker?.closed !== true;
  const facts = { key: proposal.key, branch: proposal.branch, url: isDeclined ? last.request.url : null };
  const doubt = findDoubt(proposal.recipes, wanted);
  if (doubt !== null) return rest('deferred', facts, doubt);
  if (isDeclined && last.marker === null) {
    return rest('declined', facts, 'somebody closed it, and its description does not say any more what it was for');
  }
  if (isDeclined && last.marker?.target === proposal.target) return rest('declined', facts, 'somebody closed it');
  if (branch?.isForeign === true) {
    const reason = 'there is a branch of this name that has commits of other people';
    return { action: 'blocked', ...facts, reason, request: null, head: branch.head };
  }
  const work = workOn(branch, proposal);
  if (!isDeclined) return { action: 'create', ...facts, reason: 'there is news', proposal, work };
  // A merge request is opened again with the branch that it was made from.
  if (last.request.branch !== proposal.branch) {
    return {
      action: 'create',
      ...facts,
      url: null,
      reason: 'there is other news than what was closed',
      proposal,
      work,
    };
  }
  const reason = 'somebody closed it, and now there is other news';
  return { action: 'reopen', ...facts, reason, proposal, request: last.request, work };
}

/** Branches that a run left which was cut short, and those that outlived their merge request. */
function removeLeftovers(wanted: Wanted, there: ForgeState): readonly Step[] {
  return [...there.branches.values()].flatMap(({ name, head, key, isForeign }): readonly Step[] => {
    if (key === null || isForeign || !name.startsWith(there.branchPrefix) || name === there.targetBranch) return [];
    if (wanted.only?.has(key) === false || wanted.undecided.has(key)) return [];
    if (wanted.proposals.some(({ branch }) => branch === name)) return [];
    const isUsed = there.requests.some(({ request }) => request.branch === name && request.state !== 'merged');
    if (isUsed) return [];
    return [{ action: 'remove-branch', key, branch: name, url: null, reason: 'no merge request needs it', head }];
  });
}

function workOn(branch: SeenBranch | null, { files }: Proposal): BranchWork {
  return { head: branch?.head ?? null, isRight: branch !== null && branch.content === digestFiles(files) };
}

function findDoubt(recipes: readonly string[], { undecided }: Wanted): string | null {
  const recipe = recipes.find((name) => undecided.has(name));
  return recipe === undefined ? null : `it is not known whether ${recipe} has news: ${undecided.get(recipe) ?? ''}`;
}

function rest(
  action: 'leave' | 'declined' | 'deferred',
  { key, branch, url }: Pick<Step, 'key' | 'branch' | 'url'>,
  reason: string,
): Step {
  return { action, key, branch, url, reason };
}
