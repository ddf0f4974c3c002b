import { formatFamiliar, type ImageReference } from '../oci/reference.ts';
import type { CheckDeps } from './check-deps.ts';
import { failureOf } from './failure.ts';
import { readGitUrl } from './forge.ts';
import { judgeHealth, worstGrade, type Grade, type HealthFacts, type Signal } from './health.ts';
import { readHistory } from './history.ts';
import { observeUpstream, type UpstreamSight } from './observe-upstream.ts';
import { seeImage } from './sight-image.ts';
import type { Project } from './state.ts';
import { maskCredentials } from '../recipe/quoted.ts';

/** How an upstream is, before it is forked. */
export interface Health {
  /** Without credentials. */
  readonly git: string;
  readonly grade: Grade;
  /** When its refs were seen, ISO 8601; null where they never were. */
  readonly observedAt: string | null;
  readonly signals: readonly Signal[];
  readonly project: Project | null;
  /** What could not be looked at although it should have been. */
  readonly failures: readonly { readonly text: string; readonly hint: string | null }[];
}

/**
 * Gives the health of an upstream: what git and the forge say of it, its history, and the platforms of its published image
 * where one is named. Throws as `checkRecipes`; what could not be found out is `unknown`.
 */
export async function checkHealth(git: string, image: ImageReference | null, deps: CheckDeps): Promise<Health> {
  const [sight, seenImage] = await Promise.all([
    observeUpstream(git, deps),
    image === null ? null : seeImage(image, deps),
  ]);
  const life = await readLife(git, sight, deps);
  const { observation, refsFailure, projectFailure, isProjectAbsent, path, hasToken } = sight;
  const never = 'it was never looked at with this cache';
  const facts: HealthFacts = {
    observation,
    refsReason: refsFailure?.text ?? (observation.refs === null ? never : null),
    projectReason: explainProject(sight, deps.isOffline),
    path,
    history: life.history,
    historyReason: life.reason,
    image:
      image === null || seenImage === null
        ? null
        : {
            name: formatFamiliar(image),
            observation: seenImage.failure === null ? seenImage.observation : null,
            reason: seenImage.failure?.text ?? null,
          },
  };
  const signals = judgeHealth(
    projectFailure === null && !isProjectAbsent ? facts : { ...facts, observation: { ...observation, project: null } },
    deps.nowMs(),
  );
  const failures = [
    ...(refsFailure === null ? [] : [refsFailure]),
    ...(projectFailure === null || !hasToken ? [] : [projectFailure]),
    ...(life.failure === null ? [] : [life.failure]),
    ...(seenImage === null || seenImage.failure === null ? [] : [seenImage.failure]),
    ...(observation.refs === null && refsFailure === null
      ? [{ text: never, hint: 'check it once without --offline' }]
      : []),
  ];
  return {
    git: maskCredentials(git),
    grade: worstGrade(signals),
    observedAt: observation.refs?.observedAt ?? null,
    signals,
    project: observation.project?.value ?? null,
    failures,
  };
}

function explainProject(sight: UpstreamSight, isOffline: boolean): string {
  const { projectFailure, isProjectAbsent, path } = sight;
  if (path === null) return 'the API of its forge is not known';
  if (projectFailure !== null) return projectFailure.text;
  if (isProjectAbsent) return 'the API of its forge does not have it, or not for us';
  return isOffline ? 'it was never looked at with this cache' : 'not known';
}

async function readLife(git: string, { observation, refsFailure }: UpstreamSight, deps: CheckDeps) {
  const commit = new Map(observation.refs?.list).get('HEAD');
  if (refsFailure !== null || commit === undefined) {
    return { history: null, reason: refsFailure === null ? 'it has no HEAD' : refsFailure.text, failure: null };
  }
  const host = readGitUrl(git)?.host ?? '';
  const nowSeconds = Math.floor(deps.nowMs() / 1000);
  try {
    const reading = () => readHistory(git, { ref: 'HEAD', commit }, nowSeconds, deps);
    return { history: await deps.limit(host, reading), reason: 'its history is not in this cache', failure: null };
  } catch (error) {
    const failure = failureOf(error, deps.signal);
    return { history: null, reason: failure.text, failure };
  }
}
