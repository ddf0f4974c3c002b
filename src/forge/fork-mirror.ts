import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { maskCredentials } from '../recipe/quoted.ts';
import type { Upstream } from '../recipe/target.ts';
import type { Progress } from '../report/progress.ts';
import { missingCommit } from '../source/choose-commit.ts';
import type { Refs } from '../source/list-refs.ts';
import { renewStore } from '../source/object-store.ts';
import { hashOf, succeeds } from '../source/scratch.ts';
import { isRepository, makeRepository } from '../upstream/bare-repository.ts';
import { gitTools, type GitToolDeps, type GitTools } from '../upstream/git-tools.ts';
import { sayUnreachable } from '../upstream/list-remote.ts';

const FETCH_TIMEOUT_MS = 60 * 60_000;
// A pack appears by rename once it is whole; loose objects of a killed fetch would be there without their history.
const SETTINGS = ['-c', 'fetch.unpackLimit=1'];
const FETCH = ['fetch', '--quiet', '--force', '--no-tags', '--prune', '--no-recurse-submodules'];
const QUIET = ['--no-write-fetch-head', '--no-auto-maintenance', '--no-write-commit-graph'];

export interface MirrorDeps extends GitToolDeps {
  /** Absolute. */
  readonly cacheFolder: string;
  readonly progress: Progress;
}

/** What a mirror has to have of an upstream, with all of the history. */
export interface MirrorContent {
  readonly upstream: Upstream;
  readonly commit: string;
  /** The upstream's refs as they are now. */
  readonly refs: Refs;
  /** Full names of tags. */
  readonly tags: readonly string[];
}

/**
 * Lets `use` work with a bare repository in the cache (its folder, absolute) that has a commit and tags of an upstream with
 * everything that a push needs. Only what is missing is fetched. Where `use` fails and the repository turns out to be
 * damaged, it is made anew, and `use` is called once more. Throws `upstream.unreachable`, `upstream.too-slow`,
 * `source.no-commit`, `cache.write-failed`, and what `use` throws.
 */
export async function withMirror<Result>(
  content: MirrorContent,
  deps: MirrorDeps,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const { upstream, commit } = content;
  const name = createHash('sha256')
    .update(`${hashOf(commit)} ${upstream.git}`)
    .digest('hex');
  const folder = join(deps.cacheFolder, 'forks', `${name}.git`);
  if (!(await isRepository(folder))) await makeRepository(folder, hashOf(commit), deps);
  try {
    await fill(folder, content, deps);
    return await use(folder);
  } catch (error) {
    if (deps.signal.aborted || (await isWhole(folder, deps))) throw error;
  }
  deps.progress.note(`${maskCredentials(upstream.git)}: what the cache has of it is damaged; fetching it anew`);
  await renewStore(folder, async (fresh) => {
    await makeRepository(fresh, hashOf(commit), deps);
    await fill(fresh, content, deps);
  });
  return use(folder);
}

/** Hashes every object that any ref leads to. */
async function isWhole(folder: string, deps: MirrorDeps): Promise<boolean> {
  const { local } = gitTools(folder, folder, deps);
  return succeeds(local(['rev-list', '--objects', '--verify-objects', '--quiet', '--all']));
}

async function fill(folder: string, content: MirrorContent, deps: MirrorDeps): Promise<void> {
  const { upstream, commit, refs, tags } = content;
  const tools = gitTools(folder, folder, deps);
  const { local } = tools;
  const listed = await local(['for-each-ref', '--format=%(objectname) %(refname)']);
  const has = new Set(listed.split('\n'));
  const lacksTags = tags.some((tag) => !has.has(`${refs.get(tag) ?? ''} ${tag}`));
  if (!lacksTags && has.has(pin(commit))) return;
  const { git, track } = upstream;
  const task = deps.progress.task(`fetching ${maskCredentials(git)} with its history`, null);
  try {
    const head = track.kind === 'branch' ? `refs/heads/${track.branch}` : 'HEAD';
    await fetch(tools, git, [
      ...(refs.has(head) ? [`+${head}:refs/followed/${head}`] : []),
      ...(lacksTags ? ['+refs/tags/*:refs/tags/*'] : []),
    ]);
    await provideCommit(tools, content);
    task.done('fetched');
  } catch (error) {
    task.fail('not fetched');
    throw error;
  }
}

/** The line of the ref that keeps a commit, which is there once all of its history is. */
function pin(commit: string): string {
  return `${commit} refs/pinned/${commit}`;
}

/** A commit that no branch has any more, most servers still give by its hash. */
async function provideCommit(tools: GitTools, { upstream, commit, refs }: MirrorContent): Promise<void> {
  const { local } = tools;
  const isReachable = async () =>
    (await succeeds(local(['cat-file', '-e', `${commit}^{commit}`]))) &&
    (await local(['for-each-ref', '--count=1', `--contains=${commit}`])) !== '';
  const { git } = upstream;
  if (!(await isReachable())) await succeeds(fetchRaw(tools, git, [`+${commit}:refs/pinned/${commit}`]));
  if (!(await isReachable())) await fetch(tools, git, ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*']);
  if (!(await isReachable())) throw missingCommit(commit, upstream, refs);
  await local(['update-ref', `refs/pinned/${commit}`, commit]);
}

async function fetch(tools: GitTools, git: string, refspecs: readonly string[]): Promise<void> {
  if (refspecs.length === 0) return;
  try {
    await fetchRaw(tools, git, refspecs);
  } catch (error) {
    throw sayUnreachable(error, git, FETCH_TIMEOUT_MS);
  }
}

async function fetchRaw({ connect }: GitTools, git: string, refspecs: readonly string[]): Promise<void> {
  await connect([...SETTINGS, ...FETCH, ...QUIET, '--', git, ...refspecs], FETCH_TIMEOUT_MS);
}
