import type { LockedUpstream, RegistryImage } from '../../src/lock/lock.ts';
import type { Digest } from '../../src/oci/digest.ts';
import type { Change, RecipeChange } from '../../src/propose/change.ts';
import type { UpstreamState } from '../../src/upstream/state.ts';

export const OLD = '1'.repeat(40);
export const NEW = '2'.repeat(40);
export const GIT = 'https://github.com/tools/tool.git';

export function digest(hex: string): Digest {
  return `sha256:${hex.repeat(64)}`;
}

export function lockedUpstream(commit: string, more: Partial<LockedUpstream> = {}): LockedUpstream {
  return {
    commit,
    tree: `tree ${commit}`,
    epochSeconds: 1_700_000_000,
    ref: null,
    version: commit.slice(0, 12),
    ...more,
  };
}

export function registryImage(platforms: Readonly<Record<string, string>>, index = 'f'): RegistryImage {
  const entries = Object.entries(platforms).map(
    ([platform, hex]) => [platform, { digest: digest(hex), createdSeconds: 1_700_000_100 }] as const,
  );
  return { kind: 'registry', index: digest(index), platforms: new Map(entries) };
}

export function upstreamState(more: Partial<UpstreamState> = {}): UpstreamState {
  return {
    git: GIT,
    track: { kind: 'branch', branch: 'main' },
    pinned: OLD,
    verdict: 'moved',
    reason: 'main is at 222222222222',
    observedAt: null,
    found: { ref: 'refs/heads/main', commit: NEW },
    distance: null,
    newestTag: null,
    project: null,
    findings: [],
    ...more,
  };
}

export function recipeChange(more: Partial<RecipeChange> = {}): RecipeChange {
  return {
    recipe: 'tool',
    news: { upstreams: [], images: [] },
    upstreams: [],
    images: [],
    patches: [],
    packages: [],
    platforms: [],
    passedOver: [],
    ...more,
  };
}

export function changeOf(recipes: readonly RecipeChange[], more: Partial<Change> = {}): Change {
  return { recipes, dependents: [], rebuilds: [], ...more };
}
