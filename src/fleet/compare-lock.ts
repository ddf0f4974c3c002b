import type { LeafChange } from '../plan/plan.ts';
import { printable } from '../report/printable.ts';
import { shortRef } from '../upstream/judge-upstream.ts';
import type { FleetRow, ImageRow, PlatformRow, UpstreamRow } from './fleet-row.ts';

/** Something that the lock has, beside what was observed of it. */
export interface ComparedFact {
  readonly what: string;
  /** Whether both are the same; false too where one of them is not known. */
  readonly isSame: boolean;
  /** Whether both are known, and differ. */
  readonly hasMoved: boolean;
  readonly locked: string;
  readonly observed: string;
}

/** The facts about one thing that a recipe is made from, or that is made of it. */
export interface ComparedPart {
  readonly title: string;
  readonly facts: readonly ComparedFact[];
  /** Why a fact differs, for people; may be empty. */
  readonly remarks: readonly string[];
}

const NOTHING = '–';
const LONG_LEAF = 80;

/** Gives the lock of a recipe against what was observed, every text fit to be shown. */
export function compareLock({ upstreams, images, platforms, published }: FleetRow): readonly ComparedPart[] {
  const isAsked = published.state === 'there';
  return [
    ...upstreams.map(compareUpstream),
    ...images.map(compareImage),
    ...(isAsked ? [comparePublished(published.name ?? '', platforms)] : []),
  ];
}

function compareUpstream({ git, locked, found, newestTag }: UpstreamRow): ComparedPart {
  const version = locked?.version ?? null;
  return {
    title: printable(git),
    facts: [
      fact('commit', locked?.commit ?? null, found?.commit ?? null),
      fact('ref', nameRef(locked?.ref ?? null), nameRef(found?.ref ?? null)),
      fact('committed', showTime(locked?.committedAt ?? null), showTime(found?.committedAt ?? null)),
      // Of a branch that has no version, the two say nothing of each other.
      ...(newestTag === null ? [] : [{ ...fact('newest tag', version, newestTag), hasMoved: false }]),
    ],
    remarks: [],
  };
}

function compareImage({ name, locked, found, platforms, reason, createdAt }: ImageRow): ComparedPart {
  const facts =
    platforms.length === 0
      ? [fact('digest', locked, found)]
      : platforms.map((each) => fact(each.platform, each.locked, each.found));
  const made = createdAt === null ? [] : [`made ${showTime(createdAt) ?? ''}`];
  return { title: printable(name), facts, remarks: [printable(reason), ...made] };
}

function comparePublished(name: string, platforms: readonly PlatformRow[]): ComparedPart {
  return {
    title: printable(name),
    facts: platforms.map(({ platform, inputHash, publishedInputHash }) =>
      fact(`${platform} inputs`, inputHash, publishedInputHash),
    ),
    remarks: platforms.flatMap(({ platform, state, reason, changes, digest }) => [
      ...(digest === null ? [] : [`${platform} is ${digest}`]),
      ...(state === 'current' ? [] : [printable(`${platform}: ${reason}`)]),
      ...changes.map((change) => printable(`${platform}: ${describeChange(change)}`)),
    ]),
  };
}

function fact(what: string, locked: string | null, observed: string | null): ComparedFact {
  const areKnown = locked !== null && observed !== null;
  return {
    what,
    isSame: areKnown && locked === observed,
    hasMoved: areKnown && locked !== observed,
    locked: printable(locked ?? NOTHING),
    observed: printable(observed ?? NOTHING),
  };
}

/** A Dockerfile is a leaf too: that it is another one has to do. */
function describeChange({ leaf, old, new: fresh }: LeafChange): string {
  const isLong = [old, fresh].some((value) => value !== null && (value.length > LONG_LEAF || value.includes('\n')));
  if (isLong) return `${leaf} is another one`;
  return `${leaf} was ${old ?? 'not there'}, and is ${fresh ?? 'gone'}`;
}

function nameRef(ref: string | null): string | null {
  return ref === null ? null : shortRef(ref);
}

function showTime(iso: string | null): string | null {
  return iso === null ? null : `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
