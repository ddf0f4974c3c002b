import { createGitObjects, type GitCommit, type Person } from './git-objects.ts';

/** A change to one file, as the API takes it. */
export interface FileAction {
  readonly action: 'create' | 'update' | 'delete';
  readonly path: string;
  readonly content: Uint8Array;
}

export interface CommitRequest {
  readonly parents: readonly string[];
  readonly author: Person;
  readonly committer: Person;
  readonly message: string;
  readonly seconds: number;
}

/** What GitLab does not do, in its own words. */
export class GitRefusal extends Error {
  override readonly name = 'GitRefusal';
}

export interface Repository {
  readonly branches: Map<string, string>;
  /** Throws for a commit that is not there. */
  commit(id: string): GitCommit;
  has(id: string): boolean;
  /** Texts by path. */
  files(id: string): ReadonlyMap<string, string>;
  /** Throws GitRefusal for a file that is there already, or is not there. */
  commitActions(
    start: string | null,
    actions: readonly FileAction[],
    request: Omit<CommitRequest, 'parents'>,
  ): GitCommit;
  /** The commits that `to` has and `from` has not, the oldest first. */
  between(from: string, to: string): readonly GitCommit[];
  mergeBase(one: string, other: string): string | null;
  /** Paths that differ between two commits. */
  changedPaths(from: string, to: string): readonly string[];
  hasConflicts(target: string, source: string): boolean;
  /** Throws GitRefusal for conflicts. */
  merge(target: string, source: string, request: Omit<CommitRequest, 'parents'>): GitCommit;
  exportTo(folder: string, head: string): Promise<void>;
}

/** Makes an empty repository. */
export function createRepository(): Repository {
  const objects = createGitObjects();
  const branches = new Map<string, string>();
  const commit = (id: string): GitCommit => {
    const found = objects.commit(id);
    if (found === undefined) throw new Error(`there is no commit ${id}`);
    return found;
  };
  const ancestors = (id: string): ReadonlySet<string> => {
    const [seen, waiting] = [new Set<string>(), [id]];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      waiting.push(...commit(next).parents);
    }
    return seen;
  };
  const mergeBase = (one: string, other: string): string | null => {
    const ofOther = ancestors(other);
    // Histories of tests are lines with merges: the newest in both is the base.
    const shared = [...ancestors(one)].filter((id) => ofOther.has(id));
    return shared.toSorted((a, b) => ancestors(b).size - ancestors(a).size).at(0) ?? null;
  };
  const changedPaths = (from: string, to: string): readonly string[] => {
    const [old, now] = [commit(from).tree, commit(to).tree];
    return [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path)).toSorted();
  };
  const conflicts = (target: string, source: string): readonly string[] => {
    const base = mergeBase(target, source);
    if (base === null) return ['no common history'];
    const theirs = new Set(changedPaths(base, target));
    const [one, other] = [commit(target).tree, commit(source).tree];
    return changedPaths(base, source).filter((path) => theirs.has(path) && one.get(path) !== other.get(path));
  };
  const write = (tree: ReadonlyMap<string, string>, request: CommitRequest) =>
    objects.writeCommit({ tree, ...request });
  return {
    branches,
    commit,
    has: (id) => objects.commit(id) !== undefined,
    files: (id) => new Map([...commit(id).tree].map(([path, blob]) => [path, objects.readBlob(blob).toString('utf8')])),
    commitActions: (start, actions, request) => {
      const tree = new Map(start === null ? [] : commit(start).tree);
      for (const { action, path, content } of actions) {
        if (action === 'create' && tree.has(path)) throw new GitRefusal('A file with this name already exists');
        if (action !== 'create' && !tree.has(path)) throw new GitRefusal("A file with this name doesn't exist");
        if (action === 'delete') tree.delete(path);
        else tree.set(path, objects.writeBlob(content));
      }
      return write(tree, { ...request, parents: start === null ? [] : [start] });
    },
    between: (from, to) => {
      const old = ancestors(from);
      return [...ancestors(to)]
        .filter((id) => !old.has(id))
        .map(commit)
        .toSorted((one, other) => ancestors(one.id).size - ancestors(other.id).size);
    },
    mergeBase,
    changedPaths,
    hasConflicts: (target, source) => conflicts(target, source).length > 0,
    merge: (target, source, request) => {
      if (conflicts(target, source).length > 0) throw new GitRefusal('there are conflicts');
      const tree = new Map(commit(target).tree);
      const from = commit(source).tree;
      for (const path of changedPaths(mergeBase(target, source) ?? source, source)) {
        const blob = from.get(path);
        if (blob === undefined) tree.delete(path);
        else tree.set(path, blob);
      }
      return write(tree, { ...request, parents: [target, source] });
    },
    exportTo: (folder, head) => objects.exportTo(folder, branches, head),
  };
}
