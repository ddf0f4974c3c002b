import { ForkwrightError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import { formatTrack } from '../lock/upstream-key.ts';
import { compareText } from '../platform/order.ts';
import { maskCredentials } from '../recipe/quoted.ts';
import type { Upstream } from '../recipe/target.ts';
import { chooseRef, listTags } from './choose-ref.ts';
import { compareTags } from './tag-order.ts';
import type { Refs } from './list-refs.ts';

const TAGS = 'refs/tags/';
const SHOWN_NAMES = 5;

/** What is followed of an upstream, and the commit that it is at. */
export interface ChosenCommit {
  readonly commit: string;
  /** `refs/heads/main`, `refs/tags/v1.2.3`, `HEAD`. */
  readonly ref: string;
}

/**
 * Gives the commit that an upstream without a pinned one stands for now: a branch's, the newest tag's of a pattern, that of
 * the highest version in a range, the default branch's. Throws `source.no-ref` where the repository has nothing of the kind.
 */
export function chooseCommit({ git, track }: Upstream, refs: Refs): ChosenCommit {
  const chosen = chooseRef(track, refs);
  if (chosen !== null) return chosen;
  throw new ForkwrightError('source.no-ref', `the repository has no ${formatTrack(track)}`, {
    place: maskCredentials(git),
    hint: track.kind === 'tag' || track.kind === 'release' ? listNewestTags(refs) : listBranches(refs),
  });
}

/** The warning that a commit was chosen on the day. */
export function describeChosen({ git, track }: Upstream, { commit, ref }: ChosenCommit): Finding {
  const tag = ref.startsWith(TAGS) && ref !== `${TAGS}${track.kind === 'tag' ? track.pattern : ''}`;
  const found = tag ? ` (${ref.slice(TAGS.length)})` : '';
  return {
    code: 'source.unpinned',
    severity: 'warning',
    place: maskCredentials(git),
    text: `no commit is pinned; ${formatTrack(track)}${found} is at ${commit} now`,
    hint: `run \`forkwright lock\`, or add upstream.commit: ${commit}`,
  };
}

/** The error for a commit that its repository does not have: says what it has instead. */
export function missingCommit(commit: string, { git, track }: Upstream, refs: Refs): ForkwrightError {
  const place = maskCredentials(git);
  const text = `the repository does not have the commit ${commit}`;
  const what = formatTrack(track);
  const found = chooseRef(track, refs);
  const now = found === null ? `it has no ${what} either` : `${what} is at ${found.commit} now`;
  const hint = `was ${what} rewritten, or is this another repository? Name a commit that is there as upstream.commit`;
  return new ForkwrightError('source.no-commit', `${text}; ${now}`, { place, hint });
}

function listBranches(refs: Refs): string {
  const branches = [...refs.keys()]
    .filter((ref) => ref.startsWith('refs/heads/'))
    .map((ref) => ref.slice('refs/heads/'.length))
    .toSorted(compareText);
  return branches.length === 0 ? 'it has no branches at all' : `its branches are ${cut(branches)}`;
}

function listNewestTags(refs: Refs): string {
  const tags = listTags(refs).toSorted(compareTags).toReversed();
  return tags.length === 0 ? 'it has no tags at all' : `its newest tags are ${cut(tags)}`;
}

function cut(names: readonly string[]): string {
  return `${names.slice(0, SHOWN_NAMES).join(', ')}${names.length > SHOWN_NAMES ? ', …' : ''}`;
}
