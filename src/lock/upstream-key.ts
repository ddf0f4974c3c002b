import type { Upstream } from '../recipe/target.ts';

/**
 * Gives what a lock calls an upstream: all that the recipe says of it, so that another branch or commit is another
 * upstream. `https://example.org/tool.git release >=1.2 <2`.
 */
export function upstreamKey({ git, track, commit }: Upstream): string {
  const pinned = commit === null ? '' : ` at ${commit}`;
  return `${git} ${formatTrack(track)}${pinned}`;
}

/** What is followed of an upstream, for people: `branch main`, `tag v*`, `release >=1.2 <2`, `the default branch`. */
export function formatTrack(track: Upstream['track']): string {
  switch (track.kind) {
    case 'branch':
      return `branch ${track.branch}`;
    case 'tag':
      return `tag ${track.pattern}`;
    case 'release':
      return `release ${track.range}`;
    case 'none':
      return 'default branch';
  }
}
