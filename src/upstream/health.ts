import { printable } from '../report/printable.ts';
import type { HistoryFacts } from './history.ts';
import type { ImageObservation, Observation } from './observation.ts';
import { newestTag } from '../source/choose-ref.ts';

/** `unknown` is no grade between others: it says that nobody could look. */
export type Grade = 'good' | 'fair' | 'poor' | 'unknown';

/** One thing to know of an upstream before it is forked. */
export interface Signal {
  readonly name:
    'reachable' | 'activity' | 'archived' | 'name' | 'contributors' | 'releases' | 'licence' | 'branch' | 'platforms';
  readonly grade: Grade;
  /** What was found, for people; why not where it is unknown. */
  readonly value: string;
  /** What it is held to. */
  readonly threshold: string;
}

/** What is known of an upstream; each null, or with a reason, where it is not. */
export interface HealthFacts {
  readonly observation: Observation;
  readonly refsReason: string | null;
  /** Why nothing is known from the API of the forge. */
  readonly projectReason: string | null;
  /** `owner/name` as it was asked for. */
  readonly path: string | null;
  readonly history: HistoryFacts | null;
  readonly historyReason: string | null;
  /** The image that was named; null where none was. */
  readonly image: {
    readonly name: string;
    readonly observation: ImageObservation | null;
    readonly reason: string | null;
  } | null;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const WANTED_PLATFORMS = ['linux/amd64', 'linux/arm64'];

/** Gives the signs of an upstream's health, in the order in which people want to see them. `nowMs` since 1970. */
export function judgeHealth(facts: HealthFacts, nowMs: number): readonly Signal[] {
  const signals = [
    judgeReach(facts),
    judgeActivity(facts, nowMs),
    judgeArchived(facts),
    ...judgeName(facts),
    judgeContributors(facts),
    judgeReleases(facts, nowMs),
    judgeLicence(facts),
    judgeBranch(facts),
    ...judgePlatforms(facts),
  ];
  return signals.map(({ name, grade, value, threshold }) => ({ name, grade, value, threshold }));
}

/** Not to know is worse than good only. */
export const WORST_FIRST: readonly Grade[] = ['poor', 'fair', 'unknown', 'good'];

/** The worst one grades; `good` for none. */
export function worstGrade(signals: readonly { readonly grade: Grade }[]): Grade {
  return WORST_FIRST.find((grade) => signals.some((signal) => signal.grade === grade)) ?? 'good';
}

function judgeReach({ refsReason, observation: { refs } }: HealthFacts): Signal {
  const common = { name: 'reachable', threshold: 'git can list its refs' } as const;
  if (refsReason !== null) return { ...common, grade: 'unknown', value: refsReason };
  const isEmpty = refs === null || refs.list.length === 0;
  return { ...common, grade: isEmpty ? 'poor' : 'good', value: isEmpty ? 'it is empty' : 'yes' };
}

function judgeActivity({ history, historyReason }: HealthFacts, nowMs: number): Signal {
  const common = { name: 'activity', threshold: 'good within 180 days, fair within 2 years' } as const;
  if (history === null) return { ...common, grade: 'unknown', value: historyReason ?? 'not known' };
  const days = daysBetween(history.lastCommitSeconds * 1000, nowMs);
  return { ...common, grade: gradeAge(days, 180, 730), value: `the last commit is ${formatDays(days)} old` };
}

function judgeArchived({ observation: { project }, projectReason }: HealthFacts): Signal {
  const common = { name: 'archived', threshold: 'it is not' } as const;
  if (project === null) return { ...common, grade: 'unknown', value: projectReason ?? 'not known' };
  const { isArchived } = project.value;
  return { ...common, grade: isArchived ? 'poor' : 'good', value: isArchived ? 'it is archived' : 'no' };
}

function judgeName({ observation: { project, first }, path }: HealthFacts): readonly Signal[] {
  if (project === null || path === null) return [];
  const { name, id } = project.value;
  const common = { name: 'name', threshold: 'it is where it was' } as const;
  if (first !== null && first.id !== id) {
    const value = `another project than on ${first.observedAt.slice(0, 10)} has the name`;
    return [{ ...common, grade: 'poor', value }];
  }
  const isSame = name.toLowerCase() === path.toLowerCase();
  const value = isSame ? printable(name) : `it is called ${printable(name)} now`;
  return [{ ...common, grade: isSame ? 'good' : 'fair', value }];
}

function judgeContributors({ history, historyReason }: HealthFacts): Signal {
  const common = {
    name: 'contributors',
    threshold: 'good from 3 in a year on, of whom none makes more than 90 %',
  } as const;
  if (history === null) return { ...common, grade: 'unknown', value: historyReason ?? 'not known' };
  const { contributorsOfYear: ofYear, contributors, busiestShare } = history;
  const share = busiestShare === null ? '' : `, one made ${Math.round(busiestShare * 100)} % of the commits`;
  const value = `${ofYear} in the last year, ${contributors} ever${share}`;
  if (ofYear === 0) return { ...common, grade: 'poor', value };
  return { ...common, grade: ofYear >= 3 && (busiestShare ?? 0) <= 0.9 ? 'good' : 'fair', value };
}

function judgeReleases({ observation: { project, refs }, projectReason }: HealthFacts, nowMs: number): Signal {
  const common = { name: 'releases', threshold: 'good within a year, fair within 3 years or with tags alone' } as const;
  const tag = newestTag(new Map(refs?.list));
  const tags = tag === null ? 'there are no tags of versions' : `the newest tag is ${printable(tag)}`;
  if (project === null)
    return { ...common, grade: 'unknown', value: `${tags}; ${projectReason ?? 'no dates are known'}` };
  const dated = project.value.releases.flatMap(({ tag: name, publishedAt, isPrerelease }) => {
    const atMs = Date.parse(publishedAt ?? '');
    return isPrerelease || Number.isNaN(atMs) ? [] : [{ name, atMs }];
  });
  const [newest] = dated.toSorted((a, b) => b.atMs - a.atMs);
  if (newest === undefined) return { ...common, grade: tag === null ? 'poor' : 'fair', value: `no releases; ${tags}` };
  const days = daysBetween(newest.atMs, nowMs);
  return { ...common, grade: gradeAge(days, 365, 1095), value: `${printable(newest.name)} is ${formatDays(days)} old` };
}

function judgeLicence({ observation: { project, first }, projectReason }: HealthFacts): Signal {
  const common = { name: 'licence', threshold: 'the forge knows it, and it does not change' } as const;
  if (project === null) return { ...common, grade: 'unknown', value: projectReason ?? 'not known' };
  const { licence } = project.value;
  if (licence === null || licence === 'NOASSERTION') return { ...common, grade: 'poor', value: 'none that is known' };
  const before = first?.licence ?? null;
  if (before === null || before === licence) return { ...common, grade: 'good', value: printable(licence) };
  const day = first?.observedAt.slice(0, 10) ?? '';
  return { ...common, grade: 'fair', value: `${printable(licence)}; on ${day} it was ${printable(before)}` };
}

function judgeBranch({ observation: { project, refs }, refsReason }: HealthFacts): Signal {
  const branch = refs?.defaultBranch ?? project?.value.defaultBranch ?? null;
  const common = { name: 'branch', threshold: 'there is a default branch' } as const;
  if (branch === null) return { ...common, grade: 'unknown', value: refsReason ?? 'the server does not say' };
  return { ...common, grade: 'good', value: printable(branch) };
}

function judgePlatforms({ image }: HealthFacts): readonly Signal[] {
  if (image === null) return [];
  const common = { name: 'platforms', threshold: `good with ${WANTED_PLATFORMS.join(' and ')}` } as const;
  const { observation, reason } = image;
  if (observation === null) return [{ ...common, grade: 'unknown', value: `${image.name}: ${reason ?? 'never seen'}` }];
  if (observation.digest === null) return [{ ...common, grade: 'poor', value: `there is no image ${image.name}` }];
  const platforms = observation.manifests.map(({ platform }) => printable(platform));
  if (platforms.length === 0) return [{ ...common, grade: 'fair', value: `${image.name} is of one platform` }];
  const hasAll = WANTED_PLATFORMS.every((wanted) => platforms.some((each) => each.startsWith(wanted)));
  return [{ ...common, grade: hasAll ? 'good' : 'fair', value: `${image.name}: ${platforms.join(', ')}` }];
}

/** Never negative: clocks differ. */
function daysBetween(thenMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - thenMs) / DAY_MS));
}

function gradeAge(days: number, goodDays: number, fairDays: number): Grade {
  if (days <= goodDays) return 'good';
  return days <= fairDays ? 'fair' : 'poor';
}

/** `1 day`, `45 days`, `3.2 years`. */
export function formatDays(days: number): string {
  if (days >= 730) return `${(days / 365.25).toFixed(1)} years`;
  return `${days} day${days === 1 ? '' : 's'}`;
}
