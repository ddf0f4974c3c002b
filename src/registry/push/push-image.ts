import pMap from 'p-map';
import type { ImageSource } from '../../archive/read/image-source.ts';
import type { Repository } from '../repository/repository.ts';
import type { PushPlan } from './plan-push.ts';
import { createBlobSender, type Transferred, type TransferOptions } from './push-blobs.ts';
import type { PushTarget } from './push-destination.ts';
import { readBack, writeManifests } from './push-manifests.ts';
import { requireComplete, surveyTarget, type SurveyedTarget } from './push-survey.ts';
import { planTransfers, type MountSources, type RegistryTransfers } from './push-transfers.ts';

/** A push that is decided: what is where already, and what has to go where. */
export interface PreparedPush {
  readonly plan: PushPlan;
  readonly targets: readonly SurveyedTarget[];
  readonly registries: readonly RegistryTransfers[];
}

export interface PreparePushOptions extends Pick<MountSources, 'known'> {
  readonly open: (target: PushTarget) => Repository;
  readonly signal: AbortSignal;
}

/**
 * Looks at all repositories and decides what is to be sent, mounted and written. Nothing is changed. Throws `push.absent`
 * where the push could not be completed, and what asking throws.
 */
export async function preparePush(
  plan: PushPlan,
  source: ImageSource,
  targets: readonly PushTarget[],
  { open, known, signal }: PreparePushOptions,
): Promise<PreparedPush> {
  const surveyed = await pMap(targets, (target) => surveyTarget(open(target), target, plan, signal), { signal });
  requireComplete(plan, surveyed, source.name);
  return {
    plan,
    targets: surveyed,
    registries: planTransfers(plan, surveyed, { home: source.mountFrom ?? null, known }),
  };
}

/**
 * Sends what was decided: blobs, several at once; manifests, children before their index; tags when all repositories have
 * everything. Then every repository is asked for what it has, and that is compared. Ends with exactly the right content
 * everywhere, or with an error and no tag on something incomplete. Throws what reading and sending throws,
 * `push.not-there` and `push.tag-moved`.
 */
export async function performPush(
  { plan, targets, registries }: PreparedPush,
  source: ImageSource,
  options: TransferOptions,
): Promise<readonly Transferred[]> {
  const sender = createBlobSender(source, options);
  const transferred = await sender.sendAll(registries);
  await writeManifests(plan, targets, sender, options.signal);
  await readBack(plan, targets, options.signal);
  return transferred;
}
