import type { Digest } from '../oci/digest.ts';
import type { Marker } from './description.ts';
import type { MergeRequest } from './gitlab-schema.ts';
import type { Proposal } from './proposal.ts';

/** A branch that may be forkwright's. */
export interface SeenBranch {
  readonly name: string;
  /** Of its last commit. */
  readonly head: string;
  /** What the last commit was put on. */
  readonly parents: readonly string[];
  /** From the last commit: whose it is, and what stands for its files; null where that commit is not forkwright's. */
  readonly key: string | null;
  readonly content: Digest | null;
  /** Whether it has commits that are not forkwright's. */
  readonly isForeign: boolean;
}

/** A merge request with what is hidden in its description. */
export interface SeenRequest {
  readonly request: MergeRequest;
  /** Null where people took it away. */
  readonly marker: Marker | null;
  /** Whether somebody asks for the branch to be made anew. */
  readonly isTicked: boolean;
}

/** What is on the forge before anything is done. */
export interface ForgeState {
  /** For people. */
  readonly url: string;
  readonly targetBranch: string;
  /** The commit that branches are made from. */
  readonly targetHead: string;
  readonly branchPrefix: string;
  /** All of forkwright's that are open, and of what is wanted and has none, those that were there before, the newest first. */
  readonly requests: readonly SeenRequest[];
  readonly branches: ReadonlyMap<string, SeenBranch>;
}

/** Whether a merge request is a proposal's: by its marker, or where people took that away, by its branch. */
export function isOf({ request, marker }: SeenRequest, { key, branch }: Pick<Proposal, 'key' | 'branch'>): boolean {
  return marker === null ? request.branch === branch : marker.key === key;
}
