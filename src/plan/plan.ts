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
  /** The image that is there; null where there is none. */
  readonly published: { readonly name: string; readonly digest: Digest } | null;
}

export interface RecipePlan {
  readonly recipe: string;
  /** Recipes whose images it is built on. */
  readonly parents: readonly string[];
  /** In index order. */
  readonly targets: readonly TargetPlan[];
}
