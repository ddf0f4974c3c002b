import type { MergeRequest } from './gitlab-schema.ts';
import type { Proposal } from './proposal.ts';

interface StepFacts {
  readonly key: string;
  readonly branch: string;
  /** One sentence for people, without a full stop. */
  readonly reason: string;
  /** Of the merge request; null where there is none. */
  readonly url: string | null;
}

/** The branch of a proposal as it was seen. */
export interface BranchWork {
  /** Null where there is no such branch. */
  readonly head: string | null;
  /** Whether it is as it has to be, so that nothing is written. */
  readonly isRight: boolean;
}

export interface CreateStep extends StepFacts {
  readonly action: 'create';
  readonly proposal: Proposal;
  readonly work: BranchWork;
}

export interface ReopenStep extends StepFacts {
  readonly action: 'reopen';
  readonly proposal: Proposal;
  readonly work: BranchWork;
  readonly request: MergeRequest;
}

/** Writes the branch, the texts, or both. */
export interface UpdateStep extends StepFacts {
  readonly action: 'update';
  readonly proposal: Proposal;
  readonly work: BranchWork;
  readonly request: MergeRequest;
}

/** Closes with a note, and deletes the branch. */
export interface CloseStep extends StepFacts {
  readonly action: 'close';
  readonly request: MergeRequest;
  /** Of the branch; null where that is gone. */
  readonly head: string | null;
}

export interface RemoveBranchStep extends StepFacts {
  readonly action: 'remove-branch';
  readonly head: string;
}

/** Somebody else's commits are on the branch; where there is a merge request, a note says so once. */
export interface BlockedStep extends StepFacts {
  readonly action: 'blocked';
  readonly request: MergeRequest | null;
  readonly head: string;
}

export interface RestingStep extends StepFacts {
  readonly action: 'leave' | 'declined' | 'deferred';
}

/** What is to be done about one proposal, and why. */
export type Step = CreateStep | ReopenStep | UpdateStep | CloseStep | RemoveBranchStep | BlockedStep | RestingStep;
