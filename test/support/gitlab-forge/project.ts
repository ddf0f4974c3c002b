import type { Person } from './git-objects.ts';
import { createRepository, type FileAction } from './repository.ts';
import {
  dropBranch,
  mergeInto,
  type ProjectState,
  type TestMergeRequest,
  type TestNote,
  type TestUser,
  type World,
} from './world.ts';

const HUMAN_USER: TestUser = { id: 3, username: 'ada', name: 'Ada', email: 'ada@example.com' };

/** A project, as people see it and work on it. */
export interface TestProject {
  readonly id: number;
  readonly path: string;
  /** For the double itself. */
  readonly state: ProjectState;
  branches(): readonly string[];
  /** The commit that a branch is at. Throws where there is no such branch. */
  head(branch: string): string;
  /** Texts by path. */
  files(branch: string): ReadonlyMap<string, string>;
  /** Subject and author of the commits that a branch has and the default branch has not, the oldest first. */
  log(branch: string): readonly string[];
  /** Somebody pushes a commit; null takes a file away. A branch that is not there begins at the default branch. */
  pushCommit(
    branch: string,
    files: Readonly<Record<string, string | null>>,
    more?: { readonly author?: Person; readonly committer?: Person; readonly message?: string },
  ): string;
  /** Somebody replaces the last commit of a branch. */
  amendCommit(branch: string, files: Readonly<Record<string, string>>, committer: Person): string;
  deleteBranch(name: string): void;
  requests(): readonly TestMergeRequest[];
  /** Throws where there is none. */
  request(iid: number): TestMergeRequest;
  notes(iid: number): readonly TestNote[];
  editMergeRequest(iid: number, change: Partial<Pick<TestMergeRequest, 'title' | 'description' | 'labels'>>): void;
  /** Somebody opens one. Gives its number. */
  openMergeRequest(
    request: Pick<TestMergeRequest, 'title' | 'description' | 'sourceBranch'> & { readonly sourceProjectId?: number },
  ): number;
  closeMergeRequest(iid: number): void;
  /** GitLab will not open it again, and not say so. */
  sealMergeRequest(iid: number): void;
  /** Gives the merge commit. Throws for conflicts. */
  mergeMergeRequest(iid: number): string;
  /** Writes a bare repository with the same commits, to clone and to pull from; again and again. */
  exportTo(folder: string): Promise<void>;
}

/** Makes a project with one commit. */
export function openProject(
  world: World,
  options: {
    readonly path: string;
    readonly files: Readonly<Record<string, string>>;
    readonly defaultBranch?: string;
    readonly isPublic?: boolean;
    readonly protectedBranches?: readonly string[];
  },
): TestProject {
  const { path, files, defaultBranch = 'main', isPublic = false, protectedBranches = ['main'] } = options;
  const repository = createRepository();
  const state: ProjectState = {
    id: world.nextId(),
    path,
    defaultBranch,
    isPublic,
    repository,
    protectedBranches: new Set(protectedBranches),
    requests: [],
  };
  const head = (branch: string): string => {
    const found = repository.branches.get(branch);
    if (found === undefined) throw new Error(`there is no branch ${branch}`);
    return found;
  };
  const seconds = () => Math.floor(world.tickMs() / 1000);
  const put = (
    branch: string,
    start: string | null,
    changes: Readonly<Record<string, string | null>>,
    facts: { readonly author: Person; readonly committer: Person; readonly message: string },
  ): string => {
    const present = start === null ? new Map<string, string>() : repository.commit(start).tree;
    const actions = Object.entries(changes).map(([file, content]): FileAction => {
      const action = content === null ? 'delete' : present.has(file) ? 'update' : 'create';
      return { action, path: file, content: Buffer.from(content ?? '') };
    });
    const { id } = repository.commitActions(start, actions, { ...facts, seconds: seconds() });
    repository.branches.set(branch, id);
    return id;
  };
  put(defaultBranch, null, files, { author: HUMAN_USER, committer: HUMAN_USER, message: 'The beginning\n' });
  const request = (iid: number): TestMergeRequest => {
    const found = state.requests.find((each) => each.iid === iid);
    if (found === undefined) throw new Error(`there is no merge request ${iid}`);
    return found;
  };
  return {
    id: state.id,
    path,
    state,
    branches: () => [...repository.branches.keys()].toSorted(),
    head,
    files: (branch) => repository.files(head(branch)),
    log: (branch) =>
      repository
        .between(head(defaultBranch), head(branch))
        .map(({ message, author }) => `${message.split('\n')[0] ?? ''} (${author.name})`),
    pushCommit: (branch, changes, { author = HUMAN_USER, committer = author, message = 'A change\n' } = {}) =>
      put(branch, repository.branches.get(branch) ?? head(defaultBranch), changes, { author, committer, message }),
    amendCommit: (branch, changes, committer) => {
      const { parents, author, message, tree } = repository.commit(head(branch));
      const start = parents[0] ?? null;
      const before = new Map(start === null ? [] : repository.commit(start).tree);
      const texts = repository.files(head(branch));
      const kept = [...tree]
        .filter(([file, blob]) => before.get(file) !== blob)
        .map(([file]) => [file, texts.get(file)]);
      const all = { ...(Object.fromEntries(kept) as Record<string, string>), ...changes };
      return put(branch, start, all, { author, committer, message });
    },
    deleteBranch: (name) => dropBranch(state, name),
    requests: () => state.requests,
    request,
    notes: (iid) => request(iid).notes,
    editMergeRequest: (iid, change) => void Object.assign(request(iid), change),
    openMergeRequest: ({ sourceProjectId = state.id, ...rest }) => {
      const iid = Math.max(0, ...state.requests.map((each) => each.iid)) + 1;
      const facts = {
        targetBranch: defaultBranch,
        author: HUMAN_USER,
        removesBranch: false,
        isStuck: false,
        notes: [],
      };
      const createdAt = new Date(world.tickMs()).toISOString();
      state.requests = [
        ...state.requests,
        { iid, ...rest, ...facts, state: 'opened', labels: [], sourceProjectId, createdAt },
      ];
      return iid;
    },
    closeMergeRequest: (iid) => {
      request(iid).state = 'closed';
    },
    sealMergeRequest: (iid) => {
      request(iid).isStuck = true;
    },
    mergeMergeRequest: (iid) => mergeInto(state, request(iid), HUMAN_USER, world.tickMs()),
    exportTo: (folder) => repository.exportTo(folder, defaultBranch),
  };
}
