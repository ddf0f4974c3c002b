import { ForkwrightError } from '../errors.ts';
import { maskCredentials } from '../recipe/quoted.ts';
import type { Upstream } from '../recipe/target.ts';
import type { Progress } from '../report/progress.ts';
import { missingCommit } from './choose-commit.ts';
import { gitComplaint } from './complaint.ts';
import { listRefs } from './list-refs.ts';
import { openStore, renewStore } from './object-store.ts';
import { hashOf, succeeds, succeedsUnless, withScratch, type GitDeps } from './scratch.ts';

export interface FetchDeps extends GitDeps {
  readonly progress: Progress;
}

const FETCH = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
const NO_UPKEEP = ['--no-auto-maintenance', '--no-write-commit-graph'];

/**
 * Sees to it that a store has a commit with all of its files, each of which is hashed; it is fetched where it is not there,
 * and a store with a damaged object is made anew. Gives the store's folder of objects. Throws `source.unreachable`,
 * `source.no-commit`, `source.fetch-failed`, `source.cache-damaged`.
 */
export async function provideCommit(
  store: string,
  commit: string,
  upstream: Upstream,
  deps: FetchDeps,
): Promise<string> {
  const objects = await openStore(store);
  let state = await examineCommit(objects, commit, deps);
  if (state === 'absent') {
    // A pack whose index is damaged is not seen, and yet keeps what is fetched from taking its place.
    const isFetched = await succeedsUnless('source.fetch-failed', fetchCommit(objects, commit, upstream, deps));
    if (isFetched) state = await examineCommit(objects, commit, deps);
  }
  if (state === 'whole') return objects;
  deps.progress.note(`${maskCredentials(upstream.git)}: the cache has only a part of it; trying with an empty one`);
  await renewStore(store, (fresh) => fetchWhole(fresh, commit, upstream, deps));
  return objects;
}

async function fetchWhole(store: string, commit: string, upstream: Upstream, deps: FetchDeps): Promise<void> {
  const objects = await openStore(store);
  await fetchCommit(objects, commit, upstream, deps);
  if ((await examineCommit(objects, commit, deps)) === 'whole') return;
  throw new ForkwrightError('source.cache-damaged', `what was fetched of ${commit} is not whole`, {
    place: store,
    hint: 'check the disk, and try again',
  });
}

type CommitState = 'absent' | 'damaged' | 'whole';

async function examineCommit(objects: string, commit: string, deps: GitDeps): Promise<CommitState> {
  return withScratch(objects, hashOf(commit), deps, async ({ git }) => {
    // Without its history: that is not in the store.
    const walk = ['rev-list', '--no-walk', '--objects', '--verify-objects', '--quiet', commit];
    if (await succeeds(git(walk))) return 'whole';
    return (await succeeds(git(['cat-file', '-e', commit]))) ? 'damaged' : 'absent';
  });
}

/** The commit alone where the server gives it, else all branches and tags. */
async function fetchCommit(objects: string, commit: string, upstream: Upstream, deps: FetchDeps): Promise<void> {
  const { git: url } = upstream;
  const task = deps.progress.task(`fetching ${maskCredentials(url)} ${commit.slice(0, 12)}`, null);
  try {
    const isFetched = await withScratch(objects, hashOf(commit), deps, ({ connect }) =>
      succeeds(connect([...FETCH, ...NO_UPKEEP, '--depth=1', '--', url, commit])),
    );
    if (!isFetched) await fetchAround(objects, commit, upstream, deps);
    task.done('fetched');
  } catch (error) {
    task.fail('not fetched');
    throw error;
  }
}

/** A server need not give what none of its refs points to, and git does not say in a stable way why it failed. */
async function fetchAround(objects: string, commit: string, upstream: Upstream, deps: FetchDeps): Promise<void> {
  const refs = await withScratch(objects, hashOf(commit), deps, ({ connect }) => listRefs(upstream.git, connect));
  await fetchHistory(objects, commit, upstream.git, deps);
  if ((await examineCommit(objects, commit, deps)) === 'absent') throw missingCommit(commit, upstream, refs);
}

/**
 * Fetches all branches and tags with their history into a store; `commit` tells which hash the repository uses.
 * Throws `source.fetch-failed`.
 */
export async function fetchHistory(objects: string, commit: string, url: string, deps: FetchDeps): Promise<void> {
  deps.progress.note(`${maskCredentials(url)}: fetching all branches and tags`);
  const refspecs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
  try {
    await withScratch(objects, hashOf(commit), deps, ({ connect }) =>
      connect([...FETCH, ...NO_UPKEEP, '--', url, ...refspecs]),
    );
  } catch (error) {
    if (!(error instanceof ForkwrightError) || error.code !== 'process.failed') throw error;
    throw new ForkwrightError('source.fetch-failed', `git cannot fetch the branches and tags: ${gitComplaint(error)}`, {
      place: maskCredentials(url),
      hint: 'try again; `git fetch` by hand shows more',
    });
  }
}
