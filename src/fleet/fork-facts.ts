import type { Finding } from '../finding.ts';
import type { OpenProposal } from '../forge/proposal.ts';
import type { TargetInputs } from '../lock/target-inputs.ts';
import type { PublishedImage } from '../plan/published-image.ts';
import type { ResolvedRecipe } from '../recipe/target.ts';
import type { PatchVerdict } from '../source/patch-verdict.ts';
import type { RecipeState } from '../upstream/state.ts';
import type { Asked } from './asked.ts';

/** All that is known of a recipe: what its lock says, and what was observed. */
export interface ForkFacts {
  /** Resolved with its lock. */
  readonly recipe: ResolvedRecipe;
  readonly state: RecipeState;
  /** Of each upstream of the state, in the same order. */
  readonly upstreams: readonly UpstreamFacts[];
  /** What would be built now, by platform. */
  readonly inputs: ReadonlyMap<string, TargetInputs>;
  /** In what the lock is not what the recipe says; none for a recipe without a lock. */
  readonly lockFaults: readonly Finding[];
  /** What becomes of each patch on what is followed, in the order of the series. */
  readonly patches: Asked<readonly PatchVerdict[]>;
  /** The platforms of upstream's own image, null where there is no such image any more. */
  readonly theirPlatforms: Asked<readonly string[] | null>;
  /** The image that is published, null where there is none. */
  readonly published: Asked<PublishedImage | null>;
  /** The merge request that is open, null where none is. */
  readonly proposal: Asked<OpenProposal | null>;
}

export interface UpstreamFacts {
  /** When the newest commit of what is followed was made, seconds since 1970. */
  readonly newestSeconds: Asked<number>;
  /** Whether it is on a forge whose API is known: then that should say whether it is archived. */
  readonly hasForge: boolean;
}
