import type { Person } from './git-objects.ts';
import type { Repository } from './repository.ts';

/** Somebody who has a token. */
export interface TestUser extends Person {
  readonly id: number;
  readonly username: string;
}

export interface TestToken {
  readonly user: TestUser;
  /** `job`: a job's own token, which GitLab takes at few places. */
  readonly scope: 'api' | 'read_api' | 'job';
  readonly role: 'developer' | 'reporter' | 'none';
}

export interface TestNote {
  readonly id: number;
  readonly body: string;
  readonly author: TestUser;
}

export interface TestMergeRequest {
  readonly iid: number;
  title: string;
  description: string;
  state: 'opened' | 'closed' | 'merged' | 'locked';
  labels: readonly string[];
  readonly sourceBranch: string;
  /** Another one than the project's own for a merge request from a fork. */
  readonly sourceProjectId: number;
  readonly targetBranch: string;
  readonly author: TestUser;
  readonly createdAt: string;
  readonly removesBranch: boolean;
  /** GitLab then leaves it closed when it is to be opened again. */
  isStuck: boolean;
  readonly notes: readonly TestNote[];
}

export interface ProjectState {
  readonly id: number;
  readonly path: string;
  readonly defaultBranch: string;
  readonly isPublic: boolean;
  readonly repository: Repository;
  readonly protectedBranches: ReadonlySet<string>;
  requests: readonly TestMergeRequest[];
}

/** Everything that a GitLab has. */
export interface World {
  readonly url: () => string;
  readonly tokens: Map<string, TestToken>;
  readonly projects: ProjectState[];
  /** Counts up, for ids. */
  readonly nextId: () => number;
  /** Milliseconds since 1970; each call is a second later. */
  readonly tickMs: () => number;
  /** Entries of a page at most, whatever is asked for. */
  readonly pageSize: number;
}

/** What happens to merge requests when a branch is gone: GitLab closes them. */
export function dropBranch(project: ProjectState, name: string): void {
  project.repository.branches.delete(name);
  for (const request of project.requests) {
    const isConcerned = request.sourceBranch === name && request.sourceProjectId === project.id;
    if (isConcerned && request.state === 'opened') request.state = 'closed';
  }
}

/** Merges a merge request with a merge commit, and deletes its branch where it is to go with it. Throws GitRefusal. */
export function mergeInto(project: ProjectState, request: TestMergeRequest, user: TestUser, nowMs: number): string {
  const { branches } = project.repository;
  const [target, source] = [branches.get(request.targetBranch) ?? '', branches.get(request.sourceBranch) ?? ''];
  const commit = project.repository.merge(target, source, {
    author: user,
    committer: user,
    message: `Merge branch '${request.sourceBranch}' into '${request.targetBranch}'\n`,
    seconds: Math.floor(nowMs / 1000),
  });
  branches.set(request.targetBranch, commit.id);
  request.state = 'merged';
  if (request.removesBranch) branches.delete(request.sourceBranch);
  return commit.id;
}
