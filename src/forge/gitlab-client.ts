import * as z from 'zod';
import type { ForgeProject } from '../upstream/forge.ts';
import { RefusedError } from './api-error.ts';
import { openGitLabApi, type GitLabDeps } from './gitlab-api.ts';
import {
  branchSchema,
  commitSchema,
  comparisonSchema,
  mergeRequestSchema,
  noteSchema,
  projectSchema,
  treeEntrySchema,
  userSchema,
  type Branch,
  type Commit,
  type GitLabProject,
  type MergeRequest,
} from './gitlab-schema.ts';

/** One file of a commit. Specification: GitLab REST API, "Commits", creating one with several files. */
export type CommitAction =
  | { readonly action: 'create' | 'update'; readonly file_path: string; readonly content: string }
  | { readonly action: 'delete'; readonly file_path: string };

export interface NewCommit {
  readonly branch: string;
  /** The commit that it is put on. */
  readonly start: string;
  /** Whether a branch that is there is overwritten; without it, that is refused. */
  readonly force: boolean;
  readonly message: string;
  readonly actions: readonly CommitAction[];
}

export interface NewRequest {
  readonly branch: string;
  readonly targetBranch: string;
  readonly title: string;
  readonly description: string;
  readonly labels: readonly string[];
}

/** What of a merge request is set; what is not there stays. */
export interface RequestChange {
  readonly title?: string;
  readonly description?: string;
  readonly addLabels?: readonly string[];
  readonly removeLabels?: readonly string[];
  readonly stateEvent?: 'close' | 'reopen';
}

/**
 * What is asked of a project on GitLab. Everything that writes can be repeated: an answer that leaves open whether it was done
 * is followed by reading the state. All throw `forge.*`, as GitLabApi says.
 */
export interface GitLabClient {
  /** Asked once. */
  describe(): Promise<GitLabProject>;
  /** The addresses that GitLab puts into commits of the token's user; none without a token of a user. */
  listOwnEmails(): Promise<readonly string[]>;
  findBranch(name: string): Promise<Branch | null>;
  listBranches(prefix: string): Promise<readonly Branch[]>;
  /** The commits that `to` has and `from` has not. */
  listCommits(from: string, to: string): Promise<readonly Commit[]>;
  /** Full paths of the files right in a folder at a commit; none where there is no such folder. */
  listFiles(commit: string, folder: string): Promise<readonly string[]>;
  commit(commit: NewCommit): Promise<Commit>;
  /** A branch that is not there is none to delete. */
  deleteBranch(name: string): Promise<void>;
  /** Also those that are just being merged. */
  listOpenRequests(): Promise<readonly MergeRequest[]>;
  /** In any state, the newest first. */
  listRequestsOf(branch: string): Promise<readonly MergeRequest[]>;
  readRequest(iid: number): Promise<MergeRequest>;
  /** Gives the one that is open for the same branch already, where there is one. */
  createRequest(request: NewRequest): Promise<{ readonly request: MergeRequest; readonly isNew: boolean }>;
  changeRequest(iid: number, change: RequestChange): Promise<MergeRequest>;
  /** `mark` is a part of the body that no other note has: a note that has it already is not written again. */
  noteOnce(iid: number, mark: string, body: string): Promise<void>;
}

/** Gives what asks GitLab about a project. Nothing is asked yet. Specification: GitLab REST API, version 4. */
export function openGitLab(forgeProject: ForgeProject, deps: GitLabDeps): GitLabClient {
  const api = openGitLabApi(forgeProject, deps);
  let known: Promise<GitLabProject> | null = null;
  // By its name only the first time: whatever writes is not redirected when a project has moved.
  const describe = () => (known ??= api.get(`projects/${encodeURIComponent(forgeProject.path)}`, projectSchema));
  const at = async (path: string) => `projects/${(await describe()).id}/${path}`;
  const findBranch = async (name: string) =>
    api.find(await at(`repository/branches/${encodeURIComponent(name)}`), branchSchema);
  const listRequests = async (query: Readonly<Record<string, string>>) => {
    const found = await api.list(await at('merge_requests'), z.array(mergeRequestSchema), query);
    return found.filter(({ isInternal }) => isInternal);
  };
  const findOpenOf = async (branch: string) =>
    (await listRequests({ source_branch: branch, state: 'opened' })).at(0) ?? null;
  const hasNote = async (path: string, mark: string) =>
    (await api.list(path, z.array(noteSchema))).find(({ body }) => body.includes(mark)) ?? null;
  return {
    describe,
    listOwnEmails: async () => {
      if (forgeProject.token === '' || forgeProject.tokenName === 'CI_JOB_TOKEN') return [];
      const user = await api.get('user', userSchema);
      return [user.email, user.commit_email, user.public_email].filter((email) => typeof email === 'string');
    },
    findBranch,
    listBranches: async (prefix) =>
      api.list(await at('repository/branches'), z.array(branchSchema), { search: `^${prefix}` }),
    listCommits: async (from, to) =>
      (await api.get(await at('repository/compare'), comparisonSchema, { from, to })).commits,
    listFiles: async (commit, folder) => {
      const query = { ref: commit, path: folder };
      const entries = await nullAs404(async () =>
        api.list(await at('repository/tree'), z.array(treeEntrySchema), query),
      );
      return (entries ?? []).filter(({ type }) => type === 'blob').map(({ path }) => path);
    },
    commit: async ({ branch, start, force, message, actions }) => {
      const body = { branch, start_sha: start, force, commit_message: message, actions };
      const findDone = async () => {
        const head = (await findBranch(branch))?.commit;
        const isDone = head !== undefined && head.parentIds.join(' ') === start && isSame(head.message, message);
        return isDone ? head : null;
      };
      try {
        return await api.write({ method: 'POST', path: await at('repository/commits'), body }, commitSchema, findDone);
      } catch (error) {
        // The branch is there although it was not: a request before, that got no answer, may have been slow.
        const done = error instanceof RefusedError && error.status === 400 ? await findDone() : null;
        if (done !== null) return done;
        throw error;
      }
    },
    deleteBranch: async (name) => {
      const path = await at(`repository/branches/${encodeURIComponent(name)}`);
      const findDone = async () => ((await findBranch(name)) === null ? true : null);
      await nullAs404(() => api.write({ method: 'DELETE', path }, z.unknown(), findDone));
    },
    listOpenRequests: async () =>
      (await Promise.all([listRequests({ state: 'opened' }), listRequests({ state: 'locked' })])).flat(),
    listRequestsOf: async (branch) =>
      (await listRequests({ source_branch: branch })).toSorted((one, other) => other.iid - one.iid),
    readRequest: async (iid) => api.get(await at(`merge_requests/${iid}`), mergeRequestSchema),
    createRequest: async ({ branch, targetBranch, title, description, labels }) => {
      const body = {
        source_branch: branch,
        target_branch: targetBranch,
        title,
        description,
        labels: labels.join(','),
        remove_source_branch: true,
      };
      try {
        const path = await at('merge_requests');
        const findDone = () => findOpenOf(branch);
        return { request: await api.write({ method: 'POST', path, body }, mergeRequestSchema, findDone), isNew: true };
      } catch (error) {
        const open = error instanceof RefusedError && error.status === 409 ? await findOpenOf(branch) : null;
        if (open !== null) return { request: open, isNew: false };
        throw error;
      }
    },
    changeRequest: async (iid, { title, description, addLabels = [], removeLabels = [], stateEvent }) => {
      const body = {
        ...(title === undefined ? {} : { title }),
        ...(description === undefined ? {} : { description }),
        ...(addLabels.length === 0 ? {} : { add_labels: addLabels.join(',') }),
        ...(removeLabels.length === 0 ? {} : { remove_labels: removeLabels.join(',') }),
        ...(stateEvent === undefined ? {} : { state_event: stateEvent }),
      };
      // It sets what is to be, so it may simply be sent again.
      const findDone = () => Promise.resolve(null);
      return api.write({ method: 'PUT', path: await at(`merge_requests/${iid}`), body }, mergeRequestSchema, findDone);
    },
    noteOnce: async (iid, mark, body) => {
      const path = await at(`merge_requests/${iid}/notes`);
      if ((await hasNote(path, mark)) !== null) return;
      await api.write({ method: 'POST', path, body: { body } }, noteSchema, () => hasNote(path, mark));
    },
  };
}

/** Messages are the same where GitLab has cut white space off their end. */
function isSame(one: string, other: string): boolean {
  return one.trimEnd() === other.trimEnd();
}

async function nullAs404<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RefusedError && error.status === 404) return null;
    throw error;
  }
}
