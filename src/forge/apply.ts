import { ForkwrightError } from '../errors.ts';
import { failureOf, type Failure } from '../upstream/failure.ts';
import { composeNote } from './note.ts';
import type { ForgeState } from './forge-state.ts';
import type { GitLabClient } from './gitlab-client.ts';
import type { MergeRequest } from './gitlab-schema.ts';
import type { Proposal, ProposalOutcome } from './proposal.ts';
import { composeText, markClosed, planText } from './request-text.ts';
import type { CloseStep, Step, UpdateStep } from './step.ts';
import { writeBranch } from './write-branch.ts';

// What the next step would fail by as well.
const FATAL: ReadonlySet<string> = new Set(['forge.denied', 'forge.no-token', 'forge.unreachable', 'forge.busy']);

/**
 * Does steps one after the other, and says what became of each. Each can be repeated: wherever a run is cut short, the next one
 * goes on from there. A step that fails does not keep the others from being done, unless they would fail by the same. Throws
 * the signal's reason.
 */
export async function applySteps(
  steps: readonly Step[],
  there: ForgeState,
  client: GitLabClient,
  signal: AbortSignal,
): Promise<readonly ProposalOutcome[]> {
  const outcomes: ProposalOutcome[] = [];
  let fatal: Failure | null = null;
  for (const step of steps) {
    if (fatal !== null && isWriting(step)) {
      outcomes.push(describe(step, 'failed', `it was not tried: ${fatal.text}`, step.url, fatal));
      continue;
    }
    try {
      outcomes.push(await applyStep(step, there, client));
    } catch (error) {
      const failure = failureOf(error, signal);
      if (FATAL.has(failure.code)) fatal = failure;
      outcomes.push(describe(step, 'failed', failure.text, step.url, failure));
    }
  }
  return outcomes;
}

function isWriting({ action }: Step): boolean {
  return action !== 'leave' && action !== 'declined' && action !== 'deferred';
}

async function applyStep(step: Step, there: ForgeState, client: GitLabClient): Promise<ProposalOutcome> {
  switch (step.action) {
    case 'leave':
      return describe(step, 'unchanged');
    case 'declined':
    case 'deferred':
      return describe(step, step.action);
    case 'blocked':
      if (step.request !== null) await note(step.request, 'blocked', step.reason, step.head, client);
      return describe(step, 'blocked');
    case 'create': {
      const head = await writeBranch(step.branch, step.work, step.proposal, there, client);
      return describe(step, 'created', step.reason, await createRequest(step.proposal, head, there, client));
    }
    case 'update':
      return update(step, there, client);
    case 'reopen': {
      const head = await writeBranch(step.branch, step.work, step.proposal, there, client);
      const { change } = planText(step.request, step.proposal, head);
      const { state } = await client.changeRequest(step.request.iid, { ...change, stateEvent: 'reopen' });
      if (state !== 'closed') return describe(step, 'reopened');
      // GitLab leaves one closed, without a word, that it cannot open any more.
      return describe(step, 'created', step.reason, await createRequest(step.proposal, head, there, client));
    }
    case 'close':
      await close(step, client);
      return describe(step, 'closed');
    case 'remove-branch':
      await removeBranch(step.branch, step.head, client);
      return describe(step, 'removed');
  }
}

async function createRequest(
  proposal: Proposal,
  head: string,
  { targetBranch }: ForgeState,
  client: GitLabClient,
): Promise<string> {
  const text = composeText(proposal, head);
  const { request, isNew } = await client.createRequest({ ...text, branch: proposal.branch, targetBranch });
  // Somebody, or an earlier run that got no answer, was faster.
  const change = isNew ? null : planText(request, proposal, head).change;
  if (change !== null) await client.changeRequest(request.iid, change);
  return request.url;
}

async function update(step: UpdateStep, there: ForgeState, client: GitLabClient): Promise<ProposalOutcome> {
  // People may have edited it since it was listed.
  const present = await client.readRequest(step.request.iid);
  if (present.state !== 'opened') return describe(step, 'unchanged', `somebody has changed it to ${present.state}`);
  const head = await writeBranch(step.branch, step.work, step.proposal, there, client);
  const { change } = planText(present, step.proposal, head);
  if (change !== null) await client.changeRequest(present.iid, change);
  return describe(step, 'updated');
}

async function close(step: CloseStep, client: GitLabClient): Promise<void> {
  const { branch, head, reason } = step;
  const present = await client.readRequest(step.request.iid);
  if (present.state === 'opened') {
    await note(present, 'closed', reason, head ?? '', client);
    await client.changeRequest(present.iid, { description: markClosed(present), stateEvent: 'close' });
  }
  if (head !== null) await removeBranch(branch, head, client);
}

/** Deletes a branch unless somebody has pushed to it. Throws `forge.branch-moved`. */
async function removeBranch(name: string, head: string, client: GitLabClient): Promise<void> {
  const present = await client.findBranch(name);
  if (present === null) return;
  if (present.commit.id === head) return client.deleteBranch(name);
  throw new ForkwrightError('forge.branch-moved', `somebody pushed to ${name} just now, so it was not deleted`, {
    hint: 'the next run sees what is on it',
  });
}

async function note(
  { iid }: MergeRequest,
  kind: 'blocked' | 'closed',
  reason: string,
  head: string,
  client: GitLabClient,
): Promise<void> {
  const { mark, body } = composeNote(kind, reason, head);
  await client.noteOnce(iid, mark, body);
}

function describe(
  { key, reason, url }: Step,
  action: ProposalOutcome['action'],
  otherReason: string = reason,
  otherUrl: string | null = url,
  failure: Failure | null = null,
): ProposalOutcome {
  return { key, action, reason: otherReason, url: otherUrl, failure };
}
