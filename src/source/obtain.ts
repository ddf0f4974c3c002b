import { ForkwrightError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import { maskCredentials } from '../recipe/quoted.ts';
import type { Upstream } from '../recipe/target.ts';
import { applySeries, type PatchState } from './apply-patch.ts';
import { chooseCommit, describeChosen } from './choose-commit.ts';
import { parseCommit } from './commit-object.ts';
import { fetchHistory, provideCommit, type FetchDeps } from './fetch-commit.ts';
import { listRefs } from './list-refs.ts';
import { openStore, storeFolder } from './object-store.ts';
import { conflictError } from './patch-conflict.ts';
import { newestPatchDate } from './patch-date.ts';
import { readPatch, type PatchFile } from './read-patch.ts';
import { requireGit } from './require-git.ts';
import { hashOf, withScratch, type Scratch } from './scratch.ts';
import { parseTree, type TreeEntry } from './tree-entries.ts';

export interface SourceDeps extends FetchDeps {
  /** The workspace, absolute; patches are relative to it. */
  readonly root: string;
  /** Absolute. */
  readonly cacheFolder: string;
}

/** An upstream at a commit with patches applied: all of it is in the cache. */
export interface SourceTree {
  /** The upstream's URL, without credentials. */
  readonly git: string;
  readonly commit: string;
  /** git's hash of the tree with all patches: equal inputs give equal trees. */
  readonly tree: string;
  /** The newest of the commit's time and the patches' dates, seconds since 1970. */
  readonly epochSeconds: number;
  /** In their order. */
  readonly patches: readonly { readonly path: string; readonly state: PatchState }[];
  readonly entries: readonly TreeEntry[];
  /** The folder of git objects that has the tree, absolute. */
  readonly objects: string;
  readonly findings: readonly Finding[];
}

/**
 * Gives an upstream at its commit with patches (paths relative to the workspace) applied in their order. It is fetched with
 * git, by the user's own git configuration, and kept in the cache: what is pinned needs the network once. Nothing of the
 * upstream is executed, and submodules are not fetched. Throws `source.*`, and what git throws where it fails otherwise.
 */
export async function obtainSource(
  upstream: Upstream,
  patches: readonly string[],
  deps: SourceDeps,
): Promise<SourceTree> {
  await requireGit(deps.root, deps);
  const files = await Promise.all(patches.map((name) => readPatch(name, deps.root)));
  const store = storeFolder(deps.cacheFolder, upstream.git);
  const { commit, findings } = await findCommit(upstream, store, deps);
  const objects = await provideCommit(store, commit, upstream, deps);
  const git = maskCredentials(upstream.git);
  return withScratch(objects, hashOf(commit), deps, async (scratch) => {
    const facts = await readCommit(commit, git, scratch);
    const patched = await applyPatches(facts.tree, files, scratch, () =>
      fetchHistory(objects, commit, upstream.git, deps),
    );
    const entries = parseTree(await scratch.git(['ls-tree', '-r', '-z', patched.tree]));
    return {
      git,
      commit,
      tree: patched.tree,
      epochSeconds: Math.max(facts.epochSeconds, ...files.map(({ text }) => newestPatchDate(text) ?? 0)),
      patches: patched.patches,
      entries,
      objects,
      findings: [...findings, ...patched.patches.flatMap(describePatch), ...findSubmodules(git, entries)],
    };
  });
}

async function findCommit(upstream: Upstream, store: string, deps: SourceDeps) {
  if (upstream.commit !== null) return { commit: upstream.commit, findings: [] };
  const objects = await openStore(store);
  const refs = await withScratch(objects, 'sha1', deps, ({ connect }) => listRefs(upstream.git, connect));
  const chosen = chooseCommit(upstream, refs);
  return { commit: chosen.commit, findings: [describeChosen(upstream, chosen)] };
}

/** Reads what is needed of a commit that is there. Throws `source.not-a-commit`, `source.malformed-commit`. */
export async function readCommit(commit: string, place: string, { git }: Scratch) {
  const type = (await git(['cat-file', '-t', commit])).trim();
  if (type === 'commit') return parseCommit(await git(['cat-file', 'commit', commit]));
  const hint = type === 'tag' ? `it is of ${(await git(['rev-parse', `${commit}^{}`])).trim()}` : 'name a commit';
  throw new ForkwrightError('source.not-a-commit', `${commit} is a ${type}, not a commit`, { place, hint });
}

async function applyPatches(
  start: string,
  files: readonly PatchFile[],
  scratch: Scratch,
  fetchAll: () => Promise<void>,
): Promise<{ readonly tree: string; readonly patches: SourceTree['patches'] }> {
  let tree = start;
  const patches: { readonly path: string; readonly state: PatchState }[] = [];
  for await (const outcome of applySeries(start, files, scratch, fetchAll)) {
    if (outcome.state === 'conflict') throw conflictError(outcome.path, outcome.conflict);
    patches.push({ path: outcome.path, state: outcome.state });
    tree = outcome.tree;
  }
  return { tree, patches };
}

function describePatch({ path, state }: SourceTree['patches'][number]): readonly Finding[] {
  if (state === 'applied') return [];
  const isMerged = state === 'merged';
  return [
    {
      code: isMerged ? 'source.patch-merged' : 'source.patch-three-way',
      severity: 'warning',
      place: path,
      text: isMerged
        ? 'what the patch does is in the source already; it was left out'
        : 'the patch fits only in part, or by a three-way merge',
      hint: isMerged ? 'remove it from patches:' : '`forkwright patch refresh --locked` writes it anew for this commit',
    },
  ];
}

function findSubmodules(git: string, entries: readonly TreeEntry[]): readonly Finding[] {
  return entries
    .filter(({ kind }) => kind === 'submodule')
    .map(({ path, object }) => ({
      code: 'source.submodule',
      severity: 'warning',
      place: `${git}: ${path}`,
      text: `the submodule at ${object} is not fetched; its folder is empty`,
      hint: 'if the build needs it, bring its files in with a patch, or fork it too',
    }));
}
