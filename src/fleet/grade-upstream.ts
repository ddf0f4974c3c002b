import type { LockedUpstream } from '../lock/lock.ts';
import type { ResolvedRecipe, Upstream } from '../recipe/target.ts';
import { usesUpstream } from '../recipe/upstream-context.ts';
import { versionOf } from '../source/choose-ref.ts';
import { compareTags } from '../source/tag-order.ts';
import { formatDays, worstGrade, type Grade } from '../upstream/health.ts';
import { describeTrack, shortRef } from '../upstream/judge-upstream.ts';
import { pinsOfRecipe } from '../upstream/pins.ts';
import type { UpstreamState } from '../upstream/state.ts';
import { daysBetween } from './age.ts';
import { valueOf } from './asked.ts';
import type { UpstreamRow } from './fleet-row.ts';
import type { UpstreamFacts } from './fork-facts.ts';
import { gradeBy, LIMITS, signal, type FleetSignal } from './signals.ts';

/** An upstream of a recipe, with what the recipe's lock has of it. */
export interface FollowedUpstream {
  readonly upstream: Upstream;
  readonly locked: LockedUpstream | null;
  /** Whether a program or file comes out of its source; else it is followed for its news alone. */
  readonly isBuiltFrom: boolean;
}

/** Lists the upstreams of a recipe, in the order in which `pinsOfRecipe` has them. */
export function listFollowed(recipe: ResolvedRecipe): readonly FollowedUpstream[] {
  return pinsOfRecipe(recipe).upstreams.map((upstream) => {
    const key = JSON.stringify(upstream);
    const targets = recipe.targets.filter((target) => JSON.stringify(target.upstream) === key);
    const locked = targets.find(({ pins }) => pins.upstream !== null)?.pins.upstream ?? null;
    return { upstream, locked, isBuiltFrom: targets.some(usesUpstream) };
  });
}

/** Gives what is locked and what was observed of an upstream. `nowMs` since 1970. */
export function describeUpstream(
  { locked }: FollowedUpstream,
  state: UpstreamState,
  { newestSeconds }: UpstreamFacts,
  nowMs: number,
): UpstreamRow {
  const { git, track, verdict, reason, observedAt, pinned, found, distance, newestTag, project } = state;
  const newest = valueOf(newestSeconds);
  return {
    git,
    follows: describeTrack(track),
    verdict,
    reason,
    observedAt,
    locked:
      pinned === null
        ? null
        : {
            commit: pinned,
            ref: locked?.ref ?? null,
            version: locked?.version ?? null,
            committedAt: locked === null ? null : toIso(locked.epochSeconds),
          },
    found: found === null ? null : { ...found, committedAt: newest === null ? null : toIso(newest) },
    ageDays: newest === null ? null : daysBetween(newest * 1000, nowMs),
    commitsBehind: verdict === 'current' ? 0 : (distance?.ahead ?? null),
    commits: distance?.commits ?? [],
    newestTag,
    project: project === null ? null : { name: project.name, isArchived: project.isArchived, licence: project.licence },
  };
}

/** Gives the signs of an upstream. `version` is the recipe's. */
export function gradeUpstream(
  followed: FollowedUpstream,
  state: UpstreamState,
  facts: UpstreamFacts,
  row: UpstreamRow,
  version: string,
): readonly FleetSignal[] {
  return [
    gradeProject(state, facts),
    gradeActivity(facts, row),
    ...(followed.isBuiltFrom ? [gradeDistance(state)] : []),
    ...gradeTag(followed, state, version),
    ...gradeLicence(state),
    ...gradeAdvisories(state),
  ];
}

/** What findings of `check` say about the project as a whole, in a word, and how bad each is. */
const PROJECT_NEWS: Readonly<Record<string, readonly [Grade, string]>> = {
  'upstream.gone': ['poor', 'gone'],
  'upstream.replaced': ['poor', 'replaced'],
  'upstream.rewritten': ['poor', 'rewritten'],
  'upstream.ref-gone': ['poor', 'ref gone'],
  'upstream.no-tag': ['poor', 'tag gone'],
  'upstream.archived': ['poor', 'archived'],
  'upstream.renamed': ['fair', 'renamed'],
  'upstream.unknown': ['unknown', 'unknown'],
  'upstream.project-unknown': ['unknown', 'unknown'],
};

function gradeProject(state: UpstreamState, { hasForge }: UpstreamFacts): FleetSignal {
  const news = state.findings.flatMap(({ code, text }) => {
    const known = PROJECT_NEWS[code];
    return known === undefined ? [] : [{ grade: known[0], value: known[1], text: withoutPlace(text, state) }];
  });
  const grade = worstGrade(news);
  const [worst] = news.filter((each) => each.grade === grade);
  if (worst !== undefined) {
    const reasons = news.filter((each) => each.grade !== 'unknown' || grade === 'unknown').map(({ text }) => text);
    return signal('upstream', grade, worst.value, reasons.join('; '));
  }
  if (state.project !== null) return signal('upstream', 'good', 'there', 'it is there, and not archived');
  // Nobody can be asked whether it is archived: that git reaches it has to do.
  if (!hasForge) return signal('upstream', 'good', 'there', 'git reaches it; the API of its forge is not known');
  return signal('upstream', 'unknown', 'unknown', 'the API of its forge says nothing of it, or not to us');
}

function gradeActivity({ newestSeconds }: UpstreamFacts, { ageDays }: UpstreamRow): FleetSignal {
  if (ageDays === null) {
    const reason = newestSeconds.state === 'known' ? 'not known' : newestSeconds.reason;
    return signal('activity', 'unknown', 'unknown', `the age of its newest commit is not known: ${reason}`);
  }
  const age = formatDays(ageDays);
  return signal('activity', gradeBy(LIMITS.upstreamAge, ageDays), age, `its newest commit is ${age} old`);
}

function gradeDistance({ verdict, reason, distance }: UpstreamState): FleetSignal {
  if (verdict === 'current') return signal('distance', 'good', 'none', reason);
  if (verdict === 'unpinned') return signal('distance', 'fair', 'not pinned', reason);
  const ahead = distance?.ahead ?? null;
  if (verdict === 'unknown' || ahead === null) return signal('distance', 'unknown', 'unknown', reason);
  const value = `${ahead} commit${ahead === 1 ? '' : 's'}`;
  const grade = distance?.hasSameTree === true ? 'good' : gradeBy(LIMITS.commitsBehind, ahead);
  return signal('distance', grade, value, reason);
}

/** None where nothing that is taken has a version that tags could be held against. */
function gradeTag(
  { locked, isBuiltFrom }: FollowedUpstream,
  { newestTag, verdict }: UpstreamState,
  version: string,
): readonly FleetSignal[] {
  const lockedTag = locked?.ref?.startsWith('refs/tags/') === true ? shortRef(locked.ref) : null;
  // What is not built from the source is taken by its version: of a package, of a release.
  const own = lockedTag ?? (isBuiltFrom || versionOf(version) === null ? null : version);
  if (own === null || newestTag === null || verdict === 'unknown') return [];
  const isNewer = compareTags(versionOf(newestTag) ?? newestTag, versionOf(own) ?? own) > 0;
  if (isNewer) return [signal('tag', 'fair', newestTag, `the newest tag is ${newestTag}, and ${own} is taken`)];
  return [signal('tag', 'good', own, `there is no newer tag than ${own}`)];
}

function gradeLicence(state: UpstreamState): readonly FleetSignal[] {
  if (state.project === null) return [];
  const changed = state.findings.find(({ code }) => code === 'upstream.licence-changed');
  const value = state.project.licence ?? 'none known';
  if (changed !== undefined) return [signal('licence', 'fair', value, withoutPlace(changed.text, state))];
  return [signal('licence', 'good', value, 'it is what it was')];
}

function gradeAdvisories(state: UpstreamState): readonly FleetSignal[] {
  const found = state.findings.filter(({ code }) => code === 'upstream.advisory');
  if (found.length === 0) {
    const isAsked = state.project !== null && state.project.advisories !== null;
    return isAsked ? [signal('advisories', 'good', 'none', 'none concerns what is pinned')] : [];
  }
  const ours = found.filter(({ severity }) => severity === 'warning');
  const shown = ours.length > 0 ? ours : found;
  const reason = shown.map(({ text }) => withoutPlace(text, state)).join('; ');
  return [signal('advisories', ours.length > 0 ? 'poor' : 'unknown', `${shown.length}`, reason)];
}

/** Findings of an upstream begin with its URL, which the row says already. */
function withoutPlace(text: string, { git }: UpstreamState): string {
  return text.startsWith(`${git}: `) ? text.slice(git.length + 2) : text;
}

function toIso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
