import type { Leaves } from '../../src/lock/input-leaves.ts';
import { inputHash } from '../../src/lock/input-hash.ts';
import { listOpenLeaves } from '../../src/lock/input-leaves.ts';
import type { TargetInputs } from '../../src/lock/target-inputs.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { RecipeFacts } from '../../src/plan/decide.ts';
import type { PublishedImage } from '../../src/plan/published-image.ts';

export function inputsOf(leaves: Leaves): TargetInputs {
  return { leaves, inputHash: inputHash(leaves), open: listOpenLeaves(leaves) };
}

/** A recipe of which everything is known, and that is published with what `published` says it was built from. */
export function factsOf(
  recipe: string,
  inputs: Readonly<Record<string, Leaves>>,
  published: PublishedImage | null,
  more: Partial<RecipeFacts> = {},
): RecipeFacts {
  return {
    recipe,
    parents: [],
    lock: { state: 'current', changes: [] },
    store: 'registry',
    platforms: Object.keys(inputs),
    inputs: new Map(Object.entries(inputs).map(([platform, leaves]) => [platform, inputsOf(leaves)])),
    obstacle: null,
    published,
    moves: [],
    ...more,
  };
}

/** An image with records; null for a platform without one. */
export function imageOf(name: string, platforms: Readonly<Record<string, Leaves | null>>): PublishedImage {
  return {
    name,
    digest: digestOf(name),
    platforms: new Map(
      Object.entries(platforms).map(([platform, leaves]) => {
        const record = leaves === null ? null : { inputHash: inputHash(leaves), leaves };
        return [platform, { digest: digestOf(`${name} ${platform}`), record }];
      }),
    ),
  };
}
