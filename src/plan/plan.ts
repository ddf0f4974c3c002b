import type { LockChange } from '../lock/diff-locks.ts';
import type { Digest } from '../oci/digest.ts';

/** A leaf of the input hash that differs; null where there is none. */
export interface LeafChange {
  readonly leaf: string;
  readonly old: string | null;
  readonly new: string | null;
}

/** `unknown`: it cannot be decided, since something is not locked or was not to be found out. */
export type PlanAction = 'build' | 'skip' | 'unknown';

/** What is to be done about a target. */
export interface TargetPlan {
  /** `linux/arm/v7` */
  readonly platform: string;
  readonly action: PlanAction;
  /** One sentence for people. */
  readonly reason: string;
  /** What the image would be built from; null where something is not pinned. */
  readonly inputHash: Digest | null;
  /** What it differs in from the image that is there. */
  readonly changes: readonly LeafChange[];
  /** The image that is there; null where there is none, and where nobody was asked. */
  readonly published: { readonly name: string; readonly digest: Digest } | null;
}

/**
 * How a lock stands to its recipe and to what that follows. `behind`: something moved; `stale`: the recipe, a template or a
 * file of the workspace was changed since; `unknown`: something could not be looked up.
 */
export interface LockStanding {
  readonly state: 'current' | 'behind' | 'stale' | 'missing' | 'unknown';
  /** What the lock would say instead; empty where that is not known. */
  readonly changes: readonly LockChange[];
}

/** The commit that is followed of an upstream has changed. */
export interface UpstreamMove {
  /** As a lock calls it, without credentials. */
  readonly upstream: string;
  readonly old: string;
  readonly new: string;
  /** Then only the provenance of images would change, the labels that name the commit: no image is built for that. */
  readonly hasSameTree: boolean;
}

/** Where the images are that targets are compared with. */
export type ImageStore = 'registry' | 'out';

export interface RecipePlan {
  readonly recipe: string;
  /** Recipes whose images it is built on. */
  readonly parents: readonly string[];
  readonly lock: LockStanding;
  readonly store: ImageStore;
  /** Name of the image that it is compared with; null where there is none, and where nobody was asked. */
  readonly published: string | null;
  /** In index order. */
  readonly targets: readonly TargetPlan[];
  /** Platforms of the image that is there, and not of the recipe any more. */
  readonly dropped: readonly string[];
  /** Upstreams whose commit is another one than that of the lock. */
  readonly moves: readonly UpstreamMove[];
}
