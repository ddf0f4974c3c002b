import { ForkwrightError } from '../../errors.ts';
import { applySteps } from '../../forge/apply.ts';
import { readForge } from '../../forge/find-proposals.ts';
import { openGitLab } from '../../forge/gitlab-client.ts';
import type { ProposalOutcome, ProposalPolicy, Wanted } from '../../forge/proposal.ts';
import { reconcile } from '../../forge/reconcile.ts';
import type { Step } from '../../forge/step.ts';
import { REAL_PAUSES } from '../../http/retry.ts';
import type { ProposeSettings } from '../../recipe/resolve-propose.ts';
import type { ForgeProject } from '../../upstream/forge.ts';
import type { Invocation } from '../command.ts';

/** What is on the forge, and what is to be done there. */
export interface OpenForge {
  /** Of the project, for people. */
  readonly url: string;
  readonly targetBranch: string;
  readonly targetHead: string;
  readonly steps: readonly Step[];
  readonly apply: () => Promise<readonly ProposalOutcome[]>;
}

/**
 * Compares what is wanted with what is on the forge; nothing is written before `apply`. `nowMs`: milliseconds since 1970.
 * Throws `forge.*`.
 */
export async function planForge(
  project: ForgeProject,
  wanted: Wanted,
  settings: ProposeSettings,
  nowMs: number,
  { fetch, signal }: Pick<Invocation, 'fetch' | 'signal'>,
): Promise<OpenForge> {
  const client = openGitLab(project, { fetch, signal, pauses: REAL_PAUSES });
  const { targetBranch, branchPrefix } = settings;
  const there = await readForge(client, { targetBranch, branchPrefix, proposals: wanted.proposals });
  const steps = reconcile(wanted, there, policyOf(settings), nowMs);
  return {
    url: there.url,
    targetBranch: there.targetBranch,
    targetHead: there.targetHead,
    steps,
    apply: () => applySteps(steps, there, client, signal),
  };
}

/** Whether a project can be written to; without a token it is not even asked. */
export function hasWritingToken({ token, tokenName }: ForgeProject): boolean {
  // GitLab: a job's token may read merge requests, and neither commit nor make them.
  return token !== '' && tokenName !== 'CI_JOB_TOKEN';
}

/** The error for a checkout that is not what merge requests are made against. */
export function describeOtherHead(head: string, forge: Pick<OpenForge, 'targetBranch' | 'targetHead' | 'url'>) {
  const text = `${head.slice(0, 12)} is checked out, and ${forge.targetBranch} is at ${forge.targetHead.slice(0, 12)}`;
  return new ForkwrightError('propose.not-head', text, {
    place: forge.url,
    hint: `check out what ${forge.targetBranch} is now: what is proposed is worked out from the files that are here`,
  });
}

function policyOf({ maxOpen, maxNew, coolDownDays, schedule }: ProposeSettings): ProposalPolicy {
  return { maxOpen, maxNew, coolDownDays, schedule: schedule === null ? [] : [schedule] };
}
