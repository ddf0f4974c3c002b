import { formatDays, worstGrade, type Grade } from '../upstream/health.ts';
import type { FleetRow, Presence } from './fleet-row.ts';
import type { FleetSignal, SignalName } from './signals.ts';

/** A fact of a recipe in as few words as there can be. */
export interface Cell {
  readonly text: string;
  /** What it is sorted by; null where it is not known, or where there is no such thing. */
  readonly sort: number | null;
  /** Of the signs behind it; null where nothing is graded. */
  readonly grade: Grade | null;
}

/** The facts of a recipe that stand in one line. */
export interface Glance {
  readonly upstream: Cell;
  readonly behind: Cell;
  readonly base: Cell;
  readonly patches: Cell;
  readonly platforms: Cell;
  readonly published: Cell;
  readonly mergeRequest: Cell;
}

const ABSENT = '–';
const PRESENCE: Readonly<Record<Exclude<Presence, 'there'>, string>> = {
  none: 'none',
  unknown: 'unknown',
  'not-asked': 'not asked',
};
const DIGEST_DIGITS = 12;

/** What a sign adds to the number that stands in its cell. */
const ADDED: Readonly<Partial<Record<SignalName, (value: string) => string>>> = {
  upstream: (value) => value,
  licence: () => 'other licence',
  advisories: (value) => `${value} ${value === '1' ? 'advisory' : 'advisories'}`,
  tag: (value) => `${value} is out`,
  base: (value) => value,
  images: (value) => `others ${value}`,
  patches: (value) => value,
  platforms: (value) => value,
};

/** Gives the facts of a recipe that stand in one line, each with what is not as it should be. */
export function glanceAt(row: FleetRow): Glance {
  const { upstreams, images, patches, platforms, published, mergeRequest } = row;
  const bases = images.filter(({ isBase }) => isBase);
  const behind = upstreams.length === 0 ? null : mostBehind(row);
  const digest = published.digest?.replace(/^.*:/, '').slice(0, DIGEST_DIGITS);
  return {
    upstream: {
      ...graded(row, ['upstream', 'activity', 'licence', 'advisories'], showAge(upstreams, 'unknown')),
      sort: oldest(upstreams),
    },
    behind: {
      ...graded(row, ['distance', 'tag'], upstreams.length === 0 ? ABSENT : (behind?.toString() ?? showBehind(row))),
      sort: behind,
    },
    base: { ...graded(row, ['base', 'base age', 'images'], showAge(bases, 'no date')), sort: oldest(bases) },
    patches: { ...graded(row, ['patches'], patches.length.toString()), sort: patches.length },
    platforms: { ...graded(row, ['platforms'], platforms.length.toString()), sort: platforms.length },
    published: {
      ...graded(row, ['published'], published.state === 'there' ? (digest ?? '') : showNoImage(published.state)),
      sort: platforms.filter(({ state }) => state === 'current').length,
    },
    mergeRequest: {
      ...graded(
        row,
        ['merge request'],
        mergeRequest.state === 'there' ? `!${mergeRequest.iid ?? ''}` : PRESENCE[mergeRequest.state],
      ),
      sort: mergeRequest.ageDays,
    },
  };
}

function graded(row: FleetRow, names: readonly SignalName[], text: string): Pick<Cell, 'text' | 'grade'> {
  const signals = row.signals.filter(({ name }) => names.includes(name));
  const added = signals.filter(({ grade }) => grade === 'poor' || grade === 'fair').flatMap(addedBy);
  return { text: [text, ...added].join(', '), grade: signals.length === 0 ? null : worstGrade(signals) };
}

function addedBy({ name, value }: FleetSignal): readonly string[] {
  const add = ADDED[name];
  return add === undefined ? [] : [add(value)];
}

type Aged = readonly { readonly ageDays: number | null }[];

function oldest(parts: Aged): number | null {
  const ages = parts.flatMap(({ ageDays }) => ageDays ?? []);
  return ages.length === 0 ? null : Math.max(...ages);
}

function showAge(parts: Aged, unknown: string): string {
  const days = oldest(parts);
  if (days !== null) return formatDays(days);
  return parts.length === 0 ? ABSENT : unknown;
}

/** Null where it is not known of one. */
function mostBehind({ upstreams }: FleetRow): number | null {
  const counts = upstreams.flatMap(({ commitsBehind }) => commitsBehind ?? []);
  return counts.length < upstreams.length ? null : Math.max(...counts);
}

function showBehind({ upstreams, signals }: FleetRow): string {
  if (upstreams.some(({ locked }) => locked === null)) {
    // Of what is not built from its source nothing has to be pinned.
    return signals.some(({ name }) => name === 'distance') ? 'not pinned' : ABSENT;
  }
  return 'unknown';
}

function showNoImage(state: Exclude<Presence, 'there'>): string {
  return state === 'none' ? 'never' : PRESENCE[state];
}
