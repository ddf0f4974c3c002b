import { upstreamKey } from '../lock/upstream-key.ts';
import { formatPlatform } from '../platform/platform.ts';
import type { ResolvedRecipe, Upstream } from '../recipe/target.ts';
import type { PatchVerdict } from './patch-verdict.ts';

/** Patches that are applied to one source, one after the other. */
export interface PatchSeries {
  /** `linux/arm/v7`; those that are built from it, in index order. */
  readonly platforms: readonly string[];
  /** With the commit of the recipe or its lock. */
  readonly upstream: Upstream;
  /** Paths relative to the workspace: `patches/<recipe>/<name>`. */
  readonly patches: readonly string[];
}

/** What becomes of a series on a commit. */
export interface JudgedSeries extends PatchSeries {
  /** That they were held to. */
  readonly commit: string;
  /** `refs/tags/v1.2.3`; null where nothing that is followed stands for the commit. */
  readonly ref: string | null;
  readonly verdicts: readonly PatchVerdict[];
}

/** Gives the series of a recipe: one for all platforms, but where some have another source or other patches. */
export function listSeries({ targets }: ResolvedRecipe): readonly PatchSeries[] {
  const series = new Map<string, PatchSeries>();
  for (const { platform, upstream, patches } of targets) {
    if (upstream === null || patches.length === 0) continue;
    const key = JSON.stringify([upstreamKey(upstream), patches]);
    const platforms = [...(series.get(key)?.platforms ?? []), formatPlatform(platform)];
    series.set(key, { platforms, upstream, patches });
  }
  return [...series.values()];
}
