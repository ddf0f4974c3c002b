import { worstGrade, type Grade } from '../upstream/health.ts';

/** From which number on something is not good, and not even fair, any more. */
export const LIMITS = {
  /** Days since the newest commit of what is followed, as `check URL` has it. */
  upstreamAge: { good: 180, fair: 730 },
  /** Commits that are not taken yet. */
  commitsBehind: { good: 0, fair: 100 },
  /** Days since the pinned base was made. */
  baseAge: { good: 90, fair: 365 },
  /** Days since a merge request was opened. */
  proposalAge: { good: 14, fair: 60 },
} as const;

type Limit = (typeof LIMITS)[keyof typeof LIMITS];

/** What is graded of a recipe, in the order in which people want to see it, and what each is held to. */
export const SIGNALS = {
  upstream: 'good: there, not archived; fair: renamed',
  activity: 'good within 180 days, fair within 2 years',
  distance: 'good: nothing new; fair: up to 100 commits',
  tag: 'good: the newest; else fair',
  licence: 'good: unchanged; else fair',
  advisories: 'good: none concerns what is pinned',
  base: 'good: none is newer; fair: moved; poor: gone',
  'base age': 'good within 90 days, fair within a year',
  images: 'good: none is newer; fair: moved; poor: gone',
  lock: 'good: all locked as the recipe says; else fair',
  patches: 'good: all apply; fair: merged, to refresh; poor: conflict',
  platforms: "good: all that upstream's image has; else fair",
  published: 'good: what would be built now; fair: older; poor: missing',
  'merge request': 'good within 14 days, fair within 60 days',
} as const;

export type SignalName = keyof typeof SIGNALS;

/** One thing to know of a recipe. */
export interface FleetSignal {
  readonly name: SignalName;
  readonly grade: Grade;
  /** In a word or two: `4.1 years`, `3 commits`. */
  readonly value: string;
  /** One sentence for people; why not where it is unknown. */
  readonly reason: string;
  /** What it is held to. */
  readonly threshold: string;
}

/** Gives a signal with what it is held to. */
export function signal(name: SignalName, grade: Grade, value: string, reason: string): FleetSignal {
  return { name, grade, value, reason, threshold: SIGNALS[name] };
}

/** Grades a number by what it may be at most. */
export function gradeBy(limit: Limit, number: number): Grade {
  if (number <= limit.good) return 'good';
  return number <= limit.fair ? 'fair' : 'poor';
}

/** The worst of several signals of one name; none for none. */
export function worstSignal(signals: readonly FleetSignal[]): readonly FleetSignal[] {
  const worst = worstGrade(signals);
  const found = signals.find(({ grade }) => grade === worst);
  return found === undefined ? [] : [found];
}
