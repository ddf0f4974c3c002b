import { ForkwrightError } from '../errors.ts';
import type { CheckDeps } from './check-deps.ts';
import { failureOf, type Failure } from './failure.ts';

import { findForge, readGitUrl } from './forge.ts';
import { openForge } from './open-forge.ts';
import { listRemote } from './list-remote.ts';
import { keepObservation, readObservation, type Observation } from './observation.ts';

/** What was seen of an upstream, now or some time ago, and why not now. */
export interface UpstreamSight {
  readonly observation: Observation;
  /** Why git could not be asked now; null where it was, or where nobody was to be asked. */
  readonly refsFailure: Failure | null;
  /** Why the forge could not be asked. */
  readonly projectFailure: Failure | null;
  /** Whether a token was shown to the forge: then it should have answered. */
  readonly hasToken: boolean;
  /** The forge was asked and has no such project, or none that may be seen. */
  readonly isProjectAbsent: boolean;
  /** `owner/name` on a forge whose API is known. */
  readonly path: string | null;
}

/**
 * Looks at an upstream: its refs by git, and where its forge is known what that says of the project. What was seen is kept,
 * also where only one of the two answered. Throws `cache.write-failed`, `upstream.bad-setting`, and what git throws where
 * it cannot be run.
 */
export async function observeUpstream(git: string, deps: CheckDeps): Promise<UpstreamSight> {
  const before = await readObservation(deps.cacheFolder, git);
  const forge = findForge(git, deps.env);
  const common = { path: forge?.path ?? null, hasToken: forge !== null && forge.token !== '' };
  if (deps.isOffline) {
    return { observation: before, refsFailure: null, projectFailure: null, isProjectAbsent: false, ...common };
  }
  const [refs, project] = await Promise.all([
    attempt(() => askGit(git, deps), deps),
    forge === null ? null : attempt(async () => (await openForge(forge, deps)).describe(), deps),
  ]);
  const observedAt = new Date(deps.nowMs()).toISOString();
  const { value: seen = null } = refs;
  const { value: described = null } = project ?? {};
  const observation: Observation = {
    refs: seen === null ? before.refs : { observedAt, defaultBranch: seen.defaultBranch, list: [...seen.refs] },
    project: described === null ? before.project : { observedAt, value: described },
    first: before.first ?? (described === null ? null : { observedAt, id: described.id, licence: described.licence }),
  };
  if (seen !== null || described !== null) await keepObservation(deps.cacheFolder, git, observation);
  return {
    observation,
    refsFailure: refs.failure,
    projectFailure: project?.failure ?? null,
    isProjectAbsent: project !== null && project.failure === null && described === null,
    ...common,
  };
}

/** The licence that an upstream had at a commit; null where its forge cannot tell, or nobody is to be asked. */
export async function askLicenceAt(git: string, commit: string, deps: CheckDeps): Promise<string | null> {
  const forge = findForge(git, deps.env);
  if (forge === null || deps.isOffline) return null;
  const answer = await attempt(async () => (await openForge(forge, deps)).licenceAt(commit), deps);
  return answer.value ?? null;
}

interface Attempt<T> {
  readonly value?: T;
  readonly failure: Failure | null;
}

async function attempt<T>(work: () => Promise<T>, { signal }: CheckDeps): Promise<Attempt<T>> {
  try {
    return { value: await work(), failure: null };
  } catch (error) {
    return { failure: failureOf(error, signal) };
  }
}

async function askGit(git: string, deps: CheckDeps) {
  const host = readGitUrl(git)?.host ?? '';
  return deps.limit(host, async () => {
    const silent = deps.silentHosts.get(host);
    if (silent !== undefined) throw new ForkwrightError('upstream.too-slow', silent.text);
    try {
      return await listRemote(git, { ...deps, timeoutMs: deps.gitTimeoutMs });
    } catch (error) {
      const isSlow = error instanceof ForkwrightError && error.code === 'upstream.too-slow';
      if (isSlow) deps.silentHosts.set(host, failureOf(error, deps.signal));
      throw error;
    }
  });
}
