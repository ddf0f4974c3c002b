import type { TargetInputs } from '../lock/target-inputs.ts';
import { diffLeaves } from '../plan/diff-leaves.ts';

/** Targets of a recipe that will be built anew for the same reasons. */
export interface Rebuild {
  readonly recipe: string;
  /** In the order of the recipe. */
  readonly platforms: readonly string[];
  /** What of their input hash is another one: `image docker.io/library/alpine:3.20`, `source tree`. */
  readonly leaves: readonly string[];
}

type Inputs = ReadonlyMap<string, ReadonlyMap<string, TargetInputs>>;

/** Lists what has another input hash after a change than before, by recipe and platform; what is gone is not built. */
export function listRebuilds(before: Inputs, after: Inputs): readonly Rebuild[] {
  const rebuilds = new Map<string, Rebuild>();
  for (const [recipe, targets] of after) {
    for (const [platform, { leaves }] of targets) {
      const old = before.get(recipe)?.get(platform)?.leaves ?? {};
      const changed = diffLeaves(old, leaves).map(({ leaf }) => leaf);
      if (changed.length === 0) continue;
      const key = JSON.stringify([recipe, changed]);
      const platforms = [...(rebuilds.get(key)?.platforms ?? []), platform];
      rebuilds.set(key, { recipe, platforms, leaves: changed });
    }
  }
  return [...rebuilds.values()];
}
