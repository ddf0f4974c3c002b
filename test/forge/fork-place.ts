import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ForkRequest, ForkSyncDeps } from '../../src/forge/fork-sync.ts';
import { listRemote } from '../../src/upstream/list-remote.ts';
import type { Upstream } from '../../src/recipe/target.ts';
import { makePlace, type Place } from '../source/repository.ts';

export interface ForkPlace extends Place {
  /** A bare repository that plays the fork. */
  readonly forkFolder: string;
  readonly forkUrl: string;
  readonly syncDeps: ForkSyncDeps;
  /** The fork's refs by their full names. */
  readonly refs: (folder?: string) => Readonly<Record<string, string>>;
  /** Runs git in the fork. */
  readonly inFork: (...args: string[]) => string;
  /** Somebody else's commit on top of one that the fork has. */
  readonly commitInFork: (parent: string, message?: string) => string;
}

export async function makeForkPlace(): Promise<ForkPlace> {
  const place = await makePlace();
  const forkFolder = join(place.folder, 'fork.git');
  await mkdir(forkFolder);
  const env = { ...place.deps.env, GIT_AUTHOR_NAME: 'Someone', GIT_AUTHOR_EMAIL: 'someone@example.org' };
  const person = { ...env, GIT_COMMITTER_NAME: 'Someone', GIT_COMMITTER_EMAIL: 'someone@example.org' };
  const gitIn = (folder: string, args: readonly string[]) =>
    execFileSync('git', args, { cwd: folder, env: person, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  const inFork = (...args: string[]) => gitIn(forkFolder, args);
  inFork('init', '--quiet', '--bare', '--initial-branch=main');
  const { env: plain, run, signal } = place.deps;
  return {
    ...place,
    forkFolder,
    forkUrl: `file://${forkFolder}`,
    syncDeps: {
      ...place.deps,
      fetch: () => Promise.reject(new Error('no network in this test')),
      pauses: { random: () => 0, sleep: () => Promise.resolve() },
      listUpstream: async (url) => (await listRemote(url, { env: plain, run, signal, timeoutMs: 30_000 })).refs,
      site: null,
      isDryRun: false,
    },
    refs: (folder = forkFolder) =>
      Object.fromEntries(
        gitIn(folder, ['for-each-ref', '--format=%(refname) %(objectname)'])
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => line.split(' ') as [string, string]),
      ),
    inFork,
    commitInFork: (parent, message = 'Their work') =>
      inFork('commit-tree', '-p', parent, '-m', message, `${parent}^{tree}`),
  };
}

/** Follows `main`. */
export function requestOf(
  place: Pick<ForkPlace, 'url' | 'forkUrl'>,
  commit: string,
  more: Partial<ForkRequest> & { readonly track?: Upstream['track'] } = {},
): ForkRequest {
  const { track = { kind: 'branch', branch: 'main' }, ...rest } = more;
  return {
    recipe: 'tool',
    description: 'A tool',
    fork: place.forkUrl,
    upstream: { git: place.url, track, commit },
    patches: [],
    contested: new Map(),
    ...rest,
  };
}

/** `created upstream/main`, one per ref. */
export function summarize(refs: readonly { readonly ref: string; readonly state: string }[]): readonly string[] {
  return refs.map(({ ref, state }) => `${state} ${ref.replace('refs/heads/', '')}`);
}
