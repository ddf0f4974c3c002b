import { setMaxListeners } from 'node:events';
import { resolve } from 'node:path';
import pMap from 'p-map';
import { findCacheFolder } from '../../cache/cache-folder.ts';
import type { Finding } from '../../finding.ts';
import { syncFork, type ForkRequest, type ForkSyncDeps, type SyncedFork } from '../../forge/fork-sync.ts';
import { loadWorkspace, readWorkspaceDefaults } from '../../recipe/load.ts';
import { requireKnown } from '../../recipe/require-known.ts';
import { requireGit } from '../../source/require-git.ts';
import { failureOf } from '../../upstream/failure.ts';
import { createHostLimit } from '../../upstream/host-limit.ts';
import { listRemote } from '../../upstream/list-remote.ts';
import { remember } from '../../upstream/remember.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { toFinding } from '../error-finding.ts';
import { listRequests } from '../fork/requests.ts';
import { formatForks } from '../fork/text.ts';

const FORKS_AT_ONCE = 4;
const LIST_TIMEOUT_MS = 60_000;

export interface ForkSyncArguments {
  /** Names; none for all that have a fork. */
  readonly recipes: readonly string[];
  readonly isDryRun: boolean;
}

/**
 * `forkwright fork sync`: brings the forks of recipes to where the recipes are. What is somebody else's stays, and is a
 * finding. Ends with 2 where a fork could not be reached or written. Throws `recipe.unknown-name`, `source.no-git`,
 * `source.old-git`, `cache.no-folder`.
 */
export async function forkSyncCommand(given: ForkSyncArguments, invocation: Invocation): Promise<CommandResult> {
  const { cwd, root, env, run, progress, fetch } = invocation;
  // All of them: two recipes may have one fork.
  const { workspace, findings: loading } = await loadWorkspace(root);
  const isMeant = (name: string) => given.recipes.length === 0 || given.recipes.includes(name);
  const faults = loading.filter(({ severity }) => severity === 'error');
  const faulty = faults.map(({ place }) => recipeOf(place));
  requireKnown(given.recipes, [...workspace.recipes.map(({ name }) => name), ...faulty]);
  const { requests, refused } = listRequests(workspace.recipes, given.recipes);
  const wanted = requests.filter(({ recipe }) => isMeant(recipe));
  if (wanted.length > 0) await requireGit(cwd, invocation);
  const signal = AbortSignal.any([invocation.signal]);
  setMaxListeners(0, signal);
  const git = { env, run, signal };
  const deps: ForkSyncDeps = {
    ...git,
    root: workspace.root,
    cacheFolder: resolve(cwd, findCacheFolder(env, process.platform)),
    progress,
    fetch,
    site: await findSite(root),
    listUpstream: remember(async (url: string) => (await listRemote(url, { ...git, timeoutMs: LIST_TIMEOUT_MS })).refs),
    isDryRun: given.isDryRun,
  };
  const outcomes = await syncAll(wanted, deps);
  const failures = outcomes.flatMap(({ failure }) => failure ?? []);
  const forks = outcomes.flatMap(({ fork }) => fork ?? []);
  const findings = [
    ...faults.filter(({ place }) => !place.startsWith('recipes/') || isMeant(recipeOf(place))),
    ...[...refused].flatMap(([recipe, finding]) => (isMeant(recipe) ? finding : [])),
    ...forks.flatMap((fork) => fork.findings),
    ...failures,
  ];
  return {
    schema: 'forkwright.fork-sync/v1',
    json: { dryRun: given.isDryRun, forks: forks.map(toJson) },
    text: formatForks(forks, given.isDryRun, invocation.style),
    findings,
    ...(failures.length > 0 ? { exitCode: 2 as const } : {}),
  };
}

/** Forks are on the GitLab that merge requests go to, where forkwright.yaml names it. */
async function findSite(root: string): Promise<string | null> {
  const { project } = (await readWorkspaceDefaults(root)).defaults.propose;
  return project !== null && /^https?:/.test(project) ? project : null;
}

/** `recipes/tool.yaml:3:1` is of `tool`. */
function recipeOf(place: string): string {
  return /^recipes\/(.*?)\.ya?ml/.exec(place)?.[1] ?? '';
}

type Outcome =
  { readonly fork: SyncedFork; readonly failure: null } | { readonly fork: null; readonly failure: Finding };

/** One at a time of those that share an upstream or a fork: they share a repository in the cache, or a project. */
async function syncAll(requests: readonly ForkRequest[], deps: ForkSyncDeps): Promise<readonly Outcome[]> {
  const [perUpstream, perFork] = [createHostLimit(1), createHostLimit(1)];
  return pMap(
    requests,
    (request) => perUpstream(request.upstream.git, () => perFork(request.fork, () => syncOne(request, deps))),
    { concurrency: FORKS_AT_ONCE },
  );
}

async function syncOne(request: ForkRequest, deps: ForkSyncDeps): Promise<Outcome> {
  const { recipe } = request;
  try {
    return { fork: await syncFork(request, deps), failure: null };
  } catch (error) {
    failureOf(error, deps.signal);
    const finding = toFinding(error);
    return { fork: null, failure: finding.place === '' ? { ...finding, place: `recipes/${recipe}.yaml` } : finding };
  }
}

/** Without findings: they are at the end of the document, all together. */
function toJson({ recipe, url, project, defaultBranch, refs }: SyncedFork) {
  const rows = refs.map(({ ref, state, from, to, reason }) => ({ ref, state, from, to, reason }));
  return { recipe, url, project, defaultBranch, refs: rows };
}
