import type { Digest } from '../oci/digest.ts';
import type { Failure } from '../upstream/failure.ts';

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
  /** Names of the recipes that it changes; those of a group are several. */
  readonly recipes: readonly string[];
  readonly branch: string;
  readonly title: string;
  /** Markdown, all of it escaped that comes from outside; without forkwright's own marker. */
  readonly body: string;
  readonly labels: readonly string[];
  readonly commitMessage: string;
  /** Against the head of the target branch; at least one. */
  readonly files: readonly FileChange[];
  /** Stands for what it leads to: a proposal that people closed is made again only for another one. */
  readonly target: Digest;
  /** When the newest commit, release or image of what moved was made, ISO 8601; null where that is not known. */
  readonly movedAt: string | null;
}

/** Everything that a run wants to see on the forge. */
export interface Wanted {
  /** The most urgent first: limits put off those behind. */
  readonly proposals: readonly Proposal[];
  /** Recipes of which it is not known whether they have news, each with the reason: their merge requests are left alone. */
  readonly undecided: ReadonlyMap<string, string>;
  /** Recipes whose news is not to be proposed, each with the reason, which a merge request is closed with. */
  readonly ignored: ReadonlyMap<string, string>;
  /** The recipes that this run is about; null for all, also those that are not there any more. */
  readonly only: ReadonlySet<string> | null;
}

/** Days of the week and hours in which merge requests are made and changed, UTC. */
export interface ScheduleWindow {
  /** 0 is Sunday. */
  readonly days: readonly number[];
  readonly fromHour: number;
  /** Not in it any more; 24 for the end of the day. An hour before `fromHour` is one of the next day. */
  readonly toHour: number;
}

/** When, and how many merge requests are made. */
export interface ProposalPolicy {
  /** Merge requests of forkwright's that may be open at a time; null for any number. */
  readonly maxOpen: number | null;
  /** Merge requests that one run may open; null for any number. */
  readonly maxNew: number | null;
  /** Days that have to pass after `Proposal.movedAt`; 0 for none. */
  readonly coolDownDays: number;
  /** Empty for any time. */
  readonly schedule: readonly ScheduleWindow[];
}

/** What became of a proposal. */
export interface ProposalOutcome {
  readonly key: string;
  /**
   * `blocked`: somebody else's commits are on the branch. `declined`: people closed it. `deferred`: a limit, a schedule or
   * a cool-down puts it off. `removed`: a branch without a merge request, left over by a run that was cut short.
   */
  readonly action:
    | 'created'
    | 'updated'
    | 'reopened'
    | 'unchanged'
    | 'closed'
    | 'removed'
    | 'blocked'
    | 'declined'
    | 'deferred'
    | 'failed';
  /** One sentence for people, without a full stop. */
  readonly reason: string;
  /** Of the merge request; null where there is none. */
  readonly url: string | null;
  /** Null but for `failed`. */
  readonly failure: Failure | null;
}

/** A merge request of forkwright's that is open. */
export interface OpenProposal {
  readonly key: string;
  readonly recipes: readonly string[];
  readonly iid: number;
  readonly url: string;
  readonly title: string;
  readonly branch: string;
  readonly target: Digest;
  /** ISO 8601. */
  readonly createdAt: string;
}
