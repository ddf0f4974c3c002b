import { join } from 'node:path';
import type { Finding } from '../finding.ts';
import { REAL_PAUSES } from '../http/retry.ts';
import { maskCredentials } from '../recipe/quoted.ts';
import type { Upstream } from '../recipe/target.ts';
import { fetchHistory, provideCommit } from '../source/fetch-commit.ts';
import type { Refs } from '../source/list-refs.ts';
import { storeFolder } from '../source/object-store.ts';
import { commitPatches, type PatchBranchDeps } from '../source/patch-branch.ts';
import { succeeds } from '../source/scratch.ts';
import { gitTools } from '../upstream/git-tools.ts';
import { findForkHome, type ForkHome } from './fork-home.ts';
import { withMirror, type MirrorContent, type MirrorDeps } from './fork-mirror.ts';
import { nameOf, planFork, type ForkFacts, type ForkPlan, type ForkRef, type WantedRef } from './fork-plan.ts';
import { listForkRefs, pushFork } from './fork-push.ts';
import { followedTags, listWanted, patchBranch, PATCH_BRANCHES } from './fork-refs.ts';
import { openGitLabApi, type GitLabApi, type GitLabDeps } from './gitlab-api.ts';
import { createProject, findGroup, findProject, protectBranches, setDefaultBranch, type Project } from './project.ts';

/** A recipe whose fork is kept. */
export interface ForkRequest {
  readonly recipe: string;
  readonly description: string;
  /** As the recipe names it. */
  readonly fork: string;
  readonly upstream: Upstream & { readonly commit: string };
  /** Relative to the workspace. */
  readonly patches: readonly string[];
  /** Branches that other recipes want at another commit, with the name of one. */
  readonly contested: ReadonlyMap<string, string>;
}

/** What became of a fork. */
export interface SyncedFork {
  readonly recipe: string;
  /** Without credentials. */
  readonly url: string;
  /** `missing`: it would be created; null for a fork without a project that is known. */
  readonly project: 'present' | 'created' | 'missing' | null;
  /** The default branch that it got, or would get; null where it stays. */
  readonly defaultBranch: string | null;
  readonly refs: readonly ForkRef[];
  readonly findings: readonly Finding[];
}

export interface ForkSyncDeps extends MirrorDeps, PatchBranchDeps {
  readonly fetch: GitLabDeps['fetch'];
  readonly pauses?: GitLabDeps['pauses'];
  /** A URL on the GitLab that forks are on which are named by a path; null for the environment's. */
  readonly site: string | null;
  /** Asks an upstream for its refs. Throws `upstream.unreachable`. */
  readonly listUpstream: (git: string) => Promise<Refs>;
  /** Shows what would be done: nothing but the cache is written. */
  readonly isDryRun: boolean;
}

/**
 * Brings a fork to where its recipe is: the project is made where it is not there, then the pinned commit, the same with
 * patches, and the tags that are followed are pushed. Nothing that is somebody else's is moved. A run that was cut short
 * leaves what the next one goes on from, and where nothing is to be done, nothing is written, nor the upstream's history
 * fetched. Throws `fork.*`, `forge.*`, `source.*`, `upstream.*`.
 */
export async function syncFork(request: ForkRequest, deps: ForkSyncDeps): Promise<SyncedFork> {
  const { recipe, fork, upstream } = request;
  const home = findForkHome(fork, deps.site, deps.env);
  const { commit } = upstream;
  const refs = await deps.listUpstream(upstream.git);
  const patched = await makePatched(request, deps);
  const wanted = listWanted(recipe, upstream, { commit, patched, refs });
  const place = await openPlace(home, request, deps);
  const present = place.project === null && home.project !== null ? new Map() : await listForkRefs(home, deps);
  const facts = { place: maskCredentials(home.url), wanted, present, contested: request.contested };
  const content = { upstream, commit, refs, tags: followedTags(upstream, refs) };
  if (place.project !== null && place.api !== null && !deps.isDryRun && !hasBranches(present)) {
    await protectBranches(place.api, place.project, PATCH_BRANCHES);
  }
  const plan = await carryOut(facts, content, { request, home }, deps);
  const defaultBranch = await chooseDefault(place, plan, present, patchBranch(recipe), deps);
  const { state } = place;
  return { recipe, url: facts.place, project: state, defaultBranch, refs: plan.refs, findings: plan.findings };
}

/** The patched commit has the same hash wherever it is made: in the small store of what is built first. */
async function makePatched({ upstream, patches }: ForkRequest, deps: ForkSyncDeps): Promise<string> {
  const { git, commit } = upstream;
  if (patches.length === 0) return commit;
  const objects = await provideCommit(storeFolder(deps.cacheFolder, git), commit, upstream, deps);
  const history = () => fetchHistory(objects, commit, git, deps);
  return commitPatches({ git, commit, objects, fetchHistory: history }, patches, deps);
}

interface Place {
  readonly state: SyncedFork['project'];
  readonly api: GitLabApi | null;
  /** Null where there is none, or it is not known. */
  readonly project: Project | null;
}

async function openPlace(home: ForkHome, request: ForkRequest, deps: ForkSyncDeps): Promise<Place> {
  if (home.project === null) return { state: null, api: null, project: null };
  const { fetch, signal, pauses = REAL_PAUSES } = deps;
  const api = openGitLabApi(home.project, { fetch, signal, pauses });
  const found = await findProject(api);
  if (found !== null) return { state: 'present', api, project: found };
  const groupId = await findGroup(api);
  if (deps.isDryRun) return { state: 'missing', api, project: null };
  return { state: 'created', api, project: await createProject(api, groupId, request.description) };
}

function hasBranches(refs: Refs): boolean {
  return [...refs.keys()].some((ref) => ref.startsWith('refs/heads/'));
}

/** All history is fetched only where it is pushed, or where it tells whether a branch goes forward. */
async function carryOut(
  facts: Omit<ForkFacts, 'forwards'>,
  content: MirrorContent,
  { request, home }: { readonly request: ForkRequest; readonly home: ForkHome },
  deps: ForkSyncDeps,
): Promise<ForkPlan> {
  const { wanted, present } = facts;
  const others = wanted.filter(({ ref, object }) => {
    const head = present.get(ref);
    return ref.startsWith('refs/heads/') && head !== undefined && head !== object;
  });
  const draft = planFork({ ...facts, forwards: new Set() });
  const isWritten = draft.updates.length > 0 && !deps.isDryRun;
  if (others.length === 0 && !isWritten) return draft;
  return withMirror(content, deps, async (folder) => {
    const { git, commit } = request.upstream;
    const objects = join(folder, 'objects');
    const history = () => fetchHistory(objects, commit, git, deps);
    await commitPatches({ git, commit, objects, fetchHistory: history }, request.patches, deps);
    const plan = planFork({ ...facts, forwards: await findForwards(folder, others, present, deps) });
    if (!deps.isDryRun && plan.updates.length > 0) {
      const task = deps.progress.task(`pushing to ${facts.place}`, null);
      try {
        await pushFork(folder, plan.updates, home, deps);
        task.done('pushed');
      } catch (error) {
        task.fail('not pushed');
        throw error;
      }
    }
    return plan;
  });
}

/** A head that the mirror does not have is in no history of upstream's. */
async function findForwards(
  folder: string,
  branches: readonly WantedRef[],
  present: Refs,
  deps: ForkSyncDeps,
): Promise<ReadonlySet<string>> {
  const { local } = gitTools(folder, folder, deps);
  const forwards = new Set<string>();
  for (const { ref, object } of branches) {
    const head = present.get(ref) ?? '';
    const has = await succeeds(local(['cat-file', '-e', `${head}^{commit}`]));
    if (has && (await succeeds(local(['merge-base', '--is-ancestor', head, object])))) forwards.add(ref);
  }
  return forwards;
}

/** What people chose stays: only a project that is new, or whose default branch is not there, gets another. */
async function chooseDefault(
  { state, api, project }: Place,
  plan: ForkPlan,
  present: Refs,
  branch: string,
  deps: ForkSyncDeps,
): Promise<string | null> {
  if (state === null || api === null) return null;
  const current = project?.defaultBranch ?? null;
  const name = nameOf(branch);
  const isKept = state === 'present' && current !== null && present.has(`refs/heads/${current}`);
  const isThere = plan.refs.some(({ ref, state: made }) => ref === branch && made !== 'blocked');
  if (isKept || !isThere) return null;
  if (project !== null && !deps.isDryRun) await setDefaultBranch(api, project, name);
  return name;
}
