import type { Digest } from '../oci/digest.ts';

/** A file as the branch is to have it; null takes it away. */
export interface FileChange {
  /** From the root of the project. */
  readonly path: string;
  readonly content: string | null;
}

/** A merge request as it is to be. */
export interface Proposal {
  /** Which one of all of forkwright's it is: the name of a recipe, or of a group of recipes. */
  readonly key: string;
  readonly branch: string;
  readonly title: string;
  /** Markdown, all of it escaped that comes from outside; without forkwright's own marker. */
  readonly body: string;
  readonly labels: readonly string[];
  readonly commitMessage: string;
  /** Against the head of the target branch. */
  readonly files: readonly FileChange[];
  /** Stands for what it leads to: a proposal that people closed is made again only for another one. */
  readonly target: Digest;
}

/** What became of a proposal. */
export interface ProposalOutcome {
  readonly key: string;
  /**
   * `blocked`: somebody else's commits are on the branch. `declined`: people closed it. `deferred`: a limit, a schedule or
   * a cool-down puts it off.
   */
  readonly action:
    'created' | 'updated' | 'reopened' | 'unchanged' | 'closed' | 'blocked' | 'declined' | 'deferred' | 'failed';
  readonly reason: string;
  /** Of the merge request; null where there is none. */
  readonly url: string | null;
}

/** A merge request of forkwright's that is open. */
export interface OpenProposal {
  readonly key: string;
  readonly iid: number;
  readonly url: string;
  readonly title: string;
  readonly branch: string;
  readonly target: Digest | null;
  /** ISO 8601. */
  readonly createdAt: string;
}
