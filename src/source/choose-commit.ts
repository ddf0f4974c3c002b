import { ForkwrightError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import { compareText } from '../platform/order.ts';
import { maskCredentials } from '../recipe/quoted.ts';
import type { Upstream } from '../recipe/target.ts';
import type { Refs } from './list-refs.ts';

const SHOWN_BRANCHES = 5;

/**
 * Gives the commit that an upstream without a pinned one stands for now, with a warning that it moves. Only what names
 * one ref can be resolved: a branch, a tag without a pattern, the default branch. Throws `source.no-ref` where the
 * repository has no such ref, `source.no-commit-pinned` where a choice among tags would be needed.
 */
export function chooseCommit({ git, track }: Upstream, refs: Refs): { commit: string; findings: readonly Finding[] } {
  const place = maskCredentials(git);
  if (track.kind === 'release' || (track.kind === 'tag' && /[*?[]/.test(track.pattern))) {
    const what = track.kind === 'release' ? `releases ${track.range}` : `tags ${track.pattern}`;
    throw new ForkwrightError('source.no-commit-pinned', `the recipe follows ${what} and names no commit`, {
      place,
      hint: 'add upstream.commit, the 40 hex digits of the one that is to be built',
    });
  }
  const [what, ref] = nameRef(track);
  const commit = refs.get(`${ref}^{}`) ?? refs.get(ref);
  if (commit === undefined) {
    throw new ForkwrightError('source.no-ref', `the repository has no ${what}`, { place, hint: listBranches(refs) });
  }
  const text = `no commit is pinned; ${what} is at ${commit} now`;
  const hint = `add upstream.commit: ${commit}`;
  return { commit, findings: [{ code: 'source.unpinned', severity: 'warning', place, text, hint }] };
}

/** The error for a commit that its repository does not have: says what it has instead. */
export function missingCommit(commit: string, { git, track }: Upstream, refs: Refs): ForkwrightError {
  const place = maskCredentials(git);
  const text = `the repository does not have the commit ${commit}`;
  if (track.kind === 'release' || (track.kind === 'tag' && /[*?[]/.test(track.pattern))) {
    const hint = 'was its tag moved? Name a commit that is there as upstream.commit';
    return new ForkwrightError('source.no-commit', text, { place, hint });
  }
  const [what, ref] = nameRef(track);
  const found = refs.get(`${ref}^{}`) ?? refs.get(ref);
  const now = found === undefined ? `it has no ${what} either` : `${what} is at ${found} now`;
  const hint = `was ${what} rewritten, or is this another repository? Name a commit that is there as upstream.commit`;
  return new ForkwrightError('source.no-commit', `${text}; ${now}`, { place, hint });
}

function nameRef(track: Exclude<Upstream['track'], { kind: 'release' }>): readonly [string, string] {
  switch (track.kind) {
    case 'branch':
      return [`branch ${track.branch}`, `refs/heads/${track.branch}`];
    case 'tag':
      return [`tag ${track.pattern}`, `refs/tags/${track.pattern}`];
    case 'none':
      return ['default branch', 'HEAD'];
  }
}

function listBranches(refs: Refs): string {
  const branches = [...refs.keys()]
    .filter((ref) => ref.startsWith('refs/heads/'))
    .map((ref) => ref.slice('refs/heads/'.length))
    .toSorted(compareText);
  if (branches.length === 0) return 'it has no branches at all';
  const shown = branches.slice(0, SHOWN_BRANCHES).join(', ');
  return `its branches are ${shown}${branches.length > SHOWN_BRANCHES ? ', …' : ''}`;
}
