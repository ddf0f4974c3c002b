import type { Digest } from '../../oci/digest.ts';
import type { KnownHolders } from './known-holders.ts';
import type { PushBlob, PushPlan } from './plan-push.ts';
import type { SurveyedTarget } from './push-survey.ts';

/** A blob that a repository lacks. */
export interface TransferStep {
  readonly target: SurveyedTarget;
  /** Repositories of the same registry that have the blob by then; empty where it has to be sent. */
  readonly mountFrom: readonly string[];
}

/** A blob on its way into one registry: into the first repository that lacks it, and from there into the others. */
export interface BlobTransfer {
  readonly blob: PushBlob;
  readonly steps: readonly TransferStep[];
}

export interface RegistryTransfers {
  readonly registry: string;
  /** The largest first, so that no large one is left to the end, when nothing goes beside it. */
  readonly transfers: readonly BlobTransfer[];
}

/** Repositories that may have a blob. */
export interface MountSources {
  /** The repository that the image comes from. */
  readonly home: { readonly registry: string; readonly name: string } | null;
  /** By registry, what earlier pushes learned. */
  readonly known: ReadonlyMap<string, KnownHolders>;
}

/**
 * Decides what goes into each registry: a blob is sent once, and mounted into the other repositories of the registry, or
 * from one that may have it already.
 */
export function planTransfers(
  plan: PushPlan,
  targets: readonly SurveyedTarget[],
  { home, known }: MountSources,
): readonly RegistryTransfers[] {
  const registries = [...new Set(targets.map(({ registry }) => registry))];
  return registries.map((registry) => {
    const own = targets.filter((target) => target.registry === registry);
    const others = (digest: Digest) => {
      const holder = known.get(registry)?.get(digest);
      return [...(home?.registry === registry ? [home.name] : []), ...(holder === undefined ? [] : [holder])];
    };
    const transfers = plan.blobs
      .map((blob) => ({ blob, steps: planSteps(blob.digest, own, others(blob.digest)) }))
      .filter(({ steps }) => steps.length > 0)
      .toSorted((a, b) => b.blob.sizeBytes - a.blob.sizeBytes);
    return { registry, transfers };
  });
}

function planSteps(
  digest: Digest,
  targets: readonly SurveyedTarget[],
  others: readonly string[],
): readonly TransferStep[] {
  const holders = targets.filter(({ state }) => state.blobs.has(digest)).map(({ repository }) => repository);
  const lacking = targets.filter(({ state }) => !state.blobs.has(digest));
  return lacking.map((target, index) => {
    const before = lacking.slice(0, index).map(({ repository }) => repository);
    const guessed = others.filter((repository) => !lacking.some((each) => each.repository === repository));
    // Where a registry mounts from neither of two, it does not mount.
    return { target, mountFrom: [...new Set([...holders, ...guessed, ...before])].slice(0, 2) };
  });
}

/** The bytes that have to be sent, as far as mounting succeeds. */
export function bytesToSend(registries: readonly RegistryTransfers[]): number {
  const sizes = registries.flatMap(({ transfers }) =>
    transfers.flatMap(({ blob, steps }) => steps.map((step) => (step.mountFrom.length === 0 ? blob.sizeBytes : 0))),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
