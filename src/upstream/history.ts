import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { hashOf, succeeds } from '../source/scratch.ts';
import { isRepository, makeRepository } from './bare-repository.ts';
import { gitTools, type GitToolDeps, type GitTools } from './git-tools.ts';
import { sayUnreachable } from './list-remote.ts';
import type { Distance } from './state.ts';

const SHOWN_COMMITS = 50;
const FETCH_TIMEOUT_MS = 15 * 60_000;
const FIELD = '%x00';

export interface HistoryDeps extends GitToolDeps {
  /** Absolute. */
  readonly cacheFolder: string;
  /** Fetch nothing; what is in the cache has to do. */
  readonly isOffline: boolean;
}

/** What the history up to a commit tells about a project's life. */
export interface HistoryFacts {
  /** When the newest commit was made, seconds since 1970. */
  readonly lastCommitSeconds: number;
  readonly commits: number;
  /** People with commits, by their addresses, in the year before `nowSeconds`, and ever. */
  readonly contributorsOfYear: number;
  readonly contributors: number;
  /** The share of the last year's commits that one person made, 0 to 1; null for a year without any. */
  readonly busiestShare: number | null;
}

/**
 * Compares the pinned commit with the one that is followed, `ref` with its commit. Only commits are fetched, no files, into
 * a bare repository in the cache. Null where the cache alone has to do and does not have them. Throws
 * `upstream.unreachable`, `upstream.too-slow`, `cache.write-failed`.
 */
export async function measureDistance(
  git: string,
  pinned: string,
  found: { readonly ref: string; readonly commit: string },
  deps: HistoryDeps,
): Promise<Distance | null> {
  const tools = await openHistory(git, found.commit, deps);
  if (tools === null || !(await provide(tools, git, found, deps))) return null;
  // Of a history that was rewritten, most servers still give the old commits for a while.
  if (!(await provide(tools, git, { ref: pinned, commit: pinned }, deps, true))) {
    return { isAncestor: false, ahead: null, behind: null, hasSameTree: null, commits: [] };
  }
  const { local } = tools;
  const counts = await local(['rev-list', '--left-right', '--count', `${pinned}...${found.commit}`]);
  const [behind = 0, ahead = 0] = counts.trim().split('\t').map(Number);
  const format = `--format=%H${FIELD}%s`;
  const listed = await local(['log', `--max-count=${SHOWN_COMMITS}`, format, `${pinned}..${found.commit}`]);
  const [pinnedTree, foundTree] = [await treeOf(pinned, local), await treeOf(found.commit, local)];
  return {
    isAncestor: behind === 0,
    ahead,
    behind,
    hasSameTree: pinnedTree === foundTree,
    commits: parseCommits(listed),
  };
}

async function treeOf(commit: string, local: GitTools['local']): Promise<string> {
  return (await local(['log', '--max-count=1', '--format=%T', commit])).trim();
}

/**
 * Reads the life of a project out of its history up to a commit, `ref` with its commit; null where the cache alone has to
 * do and does not have it. Throws as `measureDistance`.
 */
export async function readHistory(
  git: string,
  found: { readonly ref: string; readonly commit: string },
  nowSeconds: number,
  deps: HistoryDeps,
): Promise<HistoryFacts | null> {
  const tools = await openHistory(git, found.commit, deps);
  if (tools === null || !(await provide(tools, git, found, deps))) return null;
  const { local } = tools;
  const shortlog = ['shortlog', '--summary', '--email'];
  const ofYear = parseShortlog(await local([...shortlog, `--since=${nowSeconds - YEAR_SECONDS}`, found.commit]));
  const all = parseShortlog(await local([...shortlog, found.commit]));
  const total = sum(ofYear.values());
  return {
    lastCommitSeconds: Number((await local(['log', '--max-count=1', '--format=%ct', found.commit])).trim()),
    commits: sum(all.values()),
    contributorsOfYear: ofYear.size,
    contributors: all.size,
    busiestShare: total === 0 ? null : Math.max(...ofYear.values()) / total,
  };
}

const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** Reads what `git shortlog --summary --email` prints: commits by address, whatever names go with it. */
export function parseShortlog(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, count = '', address = ''] = /^\s*(\d+)\t.*<([^>]*)>$/.exec(line) ?? [];
    if (count !== '') counts.set(address.toLowerCase(), (counts.get(address.toLowerCase()) ?? 0) + Number(count));
  }
  return counts;
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, each) => total + each, 0);
}

function parseCommits(text: string): Distance['commits'] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => ({
    commit: line.slice(0, line.indexOf('\0')),
    subject: line.slice(line.indexOf('\0') + 1),
  }));
}

/** Null where there is none and nothing may be fetched. */
async function openHistory(git: string, commit: string, deps: HistoryDeps): Promise<GitTools | null> {
  const name = createHash('sha256')
    .update(`${hashOf(commit)} ${git}`)
    .digest('hex');
  const folder = join(deps.cacheFolder, 'history', `${name}.git`);
  if (!(await isRepository(folder))) {
    if (deps.isOffline) return null;
    await makeRepository(folder, hashOf(commit), deps);
  }
  return gitTools(folder, folder, deps);
}

/**
 * Sees to it that a commit is there with its history; false where it is not to be had. Nothing but commits is asked for:
 * whoever asks for files of such a repository would have them fetched one by one.
 */
async function provide(
  { local, connect }: GitTools,
  git: string,
  { ref, commit }: { readonly ref: string; readonly commit: string },
  deps: HistoryDeps,
  mayFail = false,
): Promise<boolean> {
  const has = () => succeeds(local(['cat-file', '-e', `${commit}^{commit}`]));
  if (await has()) return true;
  if (deps.isOffline) return false;
  // Said on the command line: two processes at once would fight for the lock of a configuration file.
  const remote = ['-c', `remote.origin.url=${git}`, '-c', 'remote.origin.promisor=true'];
  const filter = ['-c', 'remote.origin.partialclonefilter=tree:0'];
  const fetch = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
  const quiet = ['--no-auto-maintenance', '--no-write-commit-graph', '--filter=tree:0'];
  const fetching = connect([...remote, ...filter, ...fetch, ...quiet, 'origin', ref], FETCH_TIMEOUT_MS);
  if (mayFail) await succeeds(fetching);
  else {
    try {
      await fetching;
    } catch (error) {
      throw sayUnreachable(error, git, FETCH_TIMEOUT_MS);
    }
  }
  if (!(await has())) return false;
  // So that the next fetch tells the server what is there. A ref per commit: nobody else wants to write another value.
  await succeeds(local(['update-ref', `refs/seen/${commit}`, commit]));
  return true;
}
