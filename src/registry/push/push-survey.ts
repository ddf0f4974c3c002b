import pMap from 'p-map';
import { ForkwrightError } from '../../errors.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Repository } from '../repository/repository.ts';
import type { PushPlan } from './plan-push.ts';
import type { PushTarget } from './push-destination.ts';

/** What a repository holds already of what is to be pushed. */
export interface RepositoryState {
  readonly blobs: ReadonlySet<Digest>;
  readonly manifests: ReadonlySet<Digest>;
  /** What each of the tags points to; a tag that is not there is not in it. */
  readonly tags: ReadonlyMap<string, Digest>;
}

/** A repository to push to, opened and looked at. */
export interface SurveyedTarget extends PushTarget {
  readonly open: Repository;
  readonly state: RepositoryState;
}

// The client has a limit for each host; this one only keeps a thousand questions from being started at once.
const AT_ONCE = 16;

/**
 * Asks a repository for everything of a plan: one question for each blob, manifest and tag. The first one is asked alone, so
 * that a wrong password is shown once, and then all others at once.
 */
export async function surveyTarget(
  open: Repository,
  target: PushTarget,
  plan: PushPlan,
  signal: AbortSignal,
): Promise<SurveyedTarget> {
  const blobs = new Set<Digest>();
  const manifests = new Set<Digest>();
  const tags = new Map<string, Digest>();
  const lookForManifest = (digest: Digest) => async () => {
    if ((await open.headManifest(digest)) !== null) manifests.add(digest);
  };
  const listed = [...plan.levels.flat(), ...plan.absent.map(({ descriptor }) => descriptor)];
  const questions: (() => Promise<void>)[] = [
    ...target.tags.map((tag) => async () => {
      const head = await open.headManifest(tag);
      if (head === null) return;
      tags.set(tag, head.digest);
      if (head.digest === plan.root.digest) manifests.add(head.digest);
    }),
    // Where a tag has it, it is there; where none has, it is written anyway.
    ...listed
      .filter(({ digest }) => target.tags.length === 0 || digest !== plan.root.digest)
      .map(({ digest }) => lookForManifest(digest)),
    ...plan.blobs.map(({ digest }) => async () => {
      if (await open.hasBlob(digest)) blobs.add(digest);
    }),
  ];
  const [first, ...others] = questions;
  await first?.();
  await pMap(others, (ask) => ask(), { concurrency: AT_ONCE, signal });
  return { ...target, open, state: { blobs, manifests, tags } };
}

/**
 * Refuses a push that could not be completed, before anything is sent: what the archive lists and does not hold has to be
 * in the registry. Throws `push.absent`, which names what is missing and where.
 */
export function requireComplete(plan: PushPlan, targets: readonly SurveyedTarget[], source: string): void {
  for (const { registry, repository, state } of targets) {
    const isMountable = (digest: Digest) =>
      targets.some((other) => other.registry === registry && other.state.blobs.has(digest));
    const manifests = plan.absent.filter(({ descriptor }) => !state.manifests.has(descriptor.digest));
    const blobs = plan.blobs.filter(({ isHeld, digest }) => !isHeld && !isMountable(digest));
    const missing = [
      ...manifests.map(({ descriptor, title }) => `${title} (${descriptor.digest})`),
      ...blobs.map(({ digest, title }) => `${title} (${digest})`),
    ];
    if (missing.length === 0) continue;
    const shown = missing.length > 3 ? [...missing.slice(0, 3), `and ${missing.length - 3} more`] : missing;
    const text = `the archive does not hold ${shown.join(', ')}, and neither does ${registry}/${repository}`;
    throw new ForkwrightError('push.absent', text, {
      place: source,
      hint:
        manifests.length > 0
          ? 'push a part of it with --platform, or save it again with everything in it'
          : 'save it again with everything in it',
    });
  }
}
