import type { Finding } from '../finding.ts';
import { maskCredentials } from '../recipe/quoted.ts';
import type { Upstream } from '../recipe/target.ts';
import type { Refs } from '../source/list-refs.ts';
import { chooseRef, newestTag, tagPattern, tagsOf, versionOf, type ChosenRef } from '../source/choose-ref.ts';
import type { Failure } from './failure.ts';
import type { UpstreamSight } from './observe-upstream.ts';
import { judgeProject } from './judge-project.ts';
import type { Distance, UpstreamState, Verdict } from './state.ts';
import { compareTags } from '../source/tag-order.ts';

/** What was found out about the way from the pinned commit to the one that is followed. */
export interface DistanceSight {
  readonly distance: Distance | null;
  readonly failure: Failure | null;
  /** The licence at the pinned commit, where the forge can tell. */
  readonly licence: string | null;
}

export const NO_DISTANCE: DistanceSight = { distance: null, failure: null, licence: null };

/**
 * Says whether what is followed of an upstream has moved away from the pinned commit. Where it could not be seen now it is
 * unknown, whatever was seen before. Of a branch, a pinned commit that is not in its history is an alarm; of tags, one that
 * no tag stands for. `place` is where findings are.
 */
export function judgeUpstream(
  upstream: Upstream,
  sight: UpstreamSight,
  way: DistanceSight,
  place: string,
): UpstreamState {
  const { observation, refsFailure } = sight;
  const refs: Refs = new Map(observation.refs?.list);
  const found = chooseRef(upstream.track, refs);
  const project = judgeProject(upstream, sight, way.licence, versionAt(upstream.commit, refs), place);
  const judged =
    refsFailure !== null || observation.refs === null ? judgeUnseen(sight) : judgeRefs(upstream, refs, found, way);
  const git = maskCredentials(upstream.git);
  const findings = judged.findings.map((finding) => ({ ...finding, place, text: `${git}: ${finding.text}` }));
  return {
    git,
    track: upstream.track,
    pinned: upstream.commit,
    ...(project.alarm !== null && judged.verdict !== 'unknown'
      ? { verdict: 'alarm', reason: project.alarm }
      : { verdict: judged.verdict, reason: judged.reason }),
    observedAt: observation.refs?.observedAt ?? null,
    found,
    distance: way.distance,
    newestTag: newestTag(refs),
    project: observation.project?.value ?? null,
    findings: [...findings, ...project.findings],
  };
}

type BareFinding = Omit<Finding, 'place'>;

interface Judged {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly findings: readonly BareFinding[];
}

function judgeUnseen({ refsFailure, isProjectAbsent, hasToken, observation }: UpstreamSight): Judged {
  if (refsFailure === null) {
    const reason = 'it was never looked at with this cache';
    return asFinding('unknown', 'upstream.unknown', 'error', reason, 'check it once without --offline');
  }
  // Of what was never seen, a wrong name or missing rights say the same.
  const isGone = isProjectAbsent && observation.project !== null;
  if (!isGone) return asFinding('unknown', 'upstream.unknown', 'error', refsFailure.text, refsFailure.hint);
  const reason = 'neither git nor the API of its forge finds it: it was deleted, or is private now';
  const hint = hasToken ? 'look for where it lives now' : 'look for where it lives now; a private one needs a token';
  return asFinding('alarm', 'upstream.gone', 'warning', reason, hint);
}

function judgeRefs(upstream: Upstream, refs: Refs, found: ChosenRef | null, way: DistanceSight): Judged {
  const { commit, track } = upstream;
  const what = describeTrack(track);
  if (found === null) {
    const reason = refs.size === 0 ? 'the repository is empty' : `the repository has no ${what}`;
    return asFinding(
      'alarm',
      'upstream.ref-gone',
      'warning',
      reason,
      'was it renamed? The recipe says what is followed',
    );
  }
  const name = shortRef(found.ref);
  if (commit === null) {
    return { verdict: 'unpinned', reason: `${name} is at ${short(found.commit)}; no commit is pinned`, findings: [] };
  }
  if (found.commit === commit) return { verdict: 'current', reason: `${name} is what is pinned`, findings: [] };
  if (track.kind === 'tag' || track.kind === 'release') {
    const own = tagsOf(commit, refs).filter((tag) => track.kind === 'release' || tagPattern(track.pattern).test(tag));
    if (own.length === 0) {
      const reason = `none of the ${what} stands for the pinned commit ${short(commit)}; the newest is ${name}`;
      const hint = 'was a tag moved or removed? See what changed before taking the new one';
      return asFinding('alarm', 'upstream.no-tag', 'warning', reason, hint);
    }
    const newest = own.toSorted(compareTags).at(-1) ?? '';
    if (compareTags(newest, name) >= 0) {
      return { verdict: 'current', reason: `${newest} is pinned, which is newer than ${name}`, findings: [] };
    }
  }
  return judgeMove(upstream, name, found, way);
}

function judgeMove(
  { commit, track }: Upstream,
  name: string,
  found: ChosenRef,
  { distance, failure }: DistanceSight,
): Judged {
  const isBranch = track.kind === 'branch' || track.kind === 'none';
  if (distance === null) {
    const reason = `${name} is at ${short(found.commit)} now`;
    if (failure === null) return { verdict: 'moved', reason, findings: [] };
    const text = `how far ${name} is ahead is not known: ${failure.text}`;
    return { ...asFinding('moved', 'upstream.distance-unknown', 'error', text, failure.hint), reason };
  }
  if (isBranch && !distance.isAncestor) {
    const reason = `the history of ${name} was rewritten: the pinned commit ${short(commit ?? '')} is not in it`;
    const hint = 'find out why before building from it again';
    return asFinding('alarm', 'upstream.rewritten', 'warning', reason, hint);
  }
  const { ahead, behind, hasSameTree } = distance;
  const count = ahead === null ? '' : `, ${ahead} commit${ahead === 1 ? '' : 's'} ahead`;
  const back = behind === null || behind === 0 ? '' : ` and ${behind} behind`;
  const files = hasSameTree === true ? ', with the same files' : '';
  return { verdict: 'moved', reason: `${name} is at ${short(found.commit)}${count}${back}${files}`, findings: [] };
}

function asFinding(
  verdict: Verdict,
  code: string,
  severity: Finding['severity'],
  text: string,
  hint: string | null,
): Judged {
  return { verdict, reason: text, findings: [{ code, severity, text, hint }] };
}

/** What is followed, for people: `branch master`, `tags v*`. */
export function describeTrack(track: Upstream['track']): string {
  switch (track.kind) {
    case 'branch':
      return `branch ${track.branch}`;
    case 'tag':
      return `tags ${track.pattern}`;
    case 'release':
      return `releases ${track.range}`;
    case 'none':
      return 'default branch';
  }
}

/** `v1.2.0` of `refs/tags/v1.2.0`. */
export function shortRef(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags)\//, '');
}

function short(commit: string): string {
  return commit.slice(0, 12);
}

function versionAt(commit: string | null, refs: Refs): string | null {
  if (commit === null) return null;
  const versions = tagsOf(commit, refs).flatMap((tag) => versionOf(tag) ?? []);
  return versions.toSorted(compareTags).at(-1) ?? null;
}
