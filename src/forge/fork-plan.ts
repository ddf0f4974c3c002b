import type { Finding } from '../finding.ts';
import type { Refs } from '../source/list-refs.ts';

const BRANCHES = 'refs/heads/';
const TAGS = 'refs/tags/';
// Refs that people neither see nor move: the head that forkwright itself has pushed last, by branch.
const PUSHED = 'refs/forkwright/';

/** A ref as the fork is to have it, by its full name. */
export interface WantedRef {
  readonly ref: string;
  /** A commit, or the object of an annotated tag. */
  readonly object: string;
}

/** What becomes of a ref of a fork. */
export interface ForkRef {
  readonly ref: string;
  /** `blocked`: what is there is somebody else's, and stays. */
  readonly state: 'created' | 'moved' | 'unchanged' | 'blocked';
  /** Null where it is not there. */
  readonly from: string | null;
  readonly to: string;
  readonly reason: string;
}

/** A ref that is written, and what it has to be until then; null for a ref that must not be there. */
export interface RefUpdate {
  readonly ref: string;
  readonly to: string;
  readonly expected: string | null;
}

export interface ForkPlan {
  readonly refs: readonly ForkRef[];
  readonly updates: readonly RefUpdate[];
  readonly findings: readonly Finding[];
}

/** What a plan is made from. */
export interface ForkFacts {
  /** For people: the fork's URL. */
  readonly place: string;
  readonly wanted: readonly WantedRef[];
  /** All branches and tags of the fork, and forkwright's own refs. */
  readonly present: Refs;
  /** Branches of the fork whose head is in the history of the commit that is wanted for them. */
  readonly forwards: ReadonlySet<string>;
  /** Branches that another recipe wants to be at another commit. */
  readonly contested: ReadonlyMap<string, string>;
}

/** The ref that says what forkwright has pushed as a branch: `refs/forkwright/upstream/main` of `refs/heads/upstream/main`. */
export function pushedRef(branch: string): string {
  return `${PUSHED}${branch.slice(BRANCHES.length)}`;
}

/**
 * Decides what a push to a fork writes. A branch is made, moved forward, or moved elsewhere where its head is the one that
 * forkwright has pushed; any other head is somebody's work and stays, as does a tag that is another one than upstream's.
 */
export function planFork(facts: ForkFacts): ForkPlan {
  const parts = facts.wanted.map((wanted) =>
    wanted.ref.startsWith(TAGS) ? planTag(wanted, facts) : planBranch(wanted, facts),
  );
  return {
    refs: parts.map(({ row }) => row),
    updates: parts.flatMap(({ updates }) => updates),
    findings: parts.flatMap(({ findings }) => findings),
  };
}

interface Part {
  readonly row: ForkRef;
  readonly updates: readonly RefUpdate[];
  readonly findings: readonly Finding[];
}

function planTag({ ref, object }: WantedRef, { place, present }: ForkFacts): Part {
  const from = present.get(ref) ?? null;
  const row = { ref, from, to: object };
  if (from === object) return { row: { ...row, state: 'unchanged', reason: '' }, updates: [], findings: [] };
  if (from === null) {
    const updates = [{ ref, to: object, expected: null }];
    return { row: { ...row, state: 'created', reason: 'upstream has it' }, updates, findings: [] };
  }
  const text = `the tag ${nameOf(ref)} is ${short(from)} in the fork and ${short(object)} upstream`;
  const hint = "find out which one is right: upstream may have moved it; remove it from the fork to take upstream's";
  return blocked(row, "it is another one than upstream's", error('fork.tag-differs', place, text, hint));
}

function planBranch({ ref, object }: WantedRef, facts: ForkFacts): Part {
  const { place, present, forwards, contested } = facts;
  const from = present.get(ref) ?? null;
  const pushed = present.get(pushedRef(ref)) ?? null;
  const row = { ref, from, to: object };
  const other = contested.get(ref);
  if (other !== undefined) {
    const text = `the recipe ${other} wants the branch ${nameOf(ref)} of the same fork to be at another commit`;
    const hint = 'pin the same commit in both, or give them forks of their own';
    return blocked(row, `${other} wants another commit`, error('fork.contested-branch', place, text, hint));
  }
  // What is there already is what forkwright makes: it may be moved later, whoever has pushed it.
  const note = pushed === object ? [] : [{ ref: pushedRef(ref), to: object, expected: pushed }];
  if (from === object) return { row: { ...row, state: 'unchanged', reason: '' }, updates: note, findings: [] };
  const updates = [{ ref, to: object, expected: from }, ...note];
  if (from === null) return { row: { ...row, state: 'created', reason: 'it is not there' }, updates, findings: [] };
  if (forwards.has(ref)) return { row: { ...row, state: 'moved', reason: 'forward' }, updates, findings: [] };
  if (from === pushed) {
    return { row: { ...row, state: 'moved', reason: 'what is there was made by forkwright' }, updates, findings: [] };
  }
  const text = `the branch ${nameOf(ref)} is at ${short(from)}, which forkwright has not pushed: it is left alone`;
  const hint = 'keep what is there as a patch of the recipe or on another branch, then remove the branch from the fork';
  return blocked(row, 'it has commits of somebody else', error('fork.foreign-commits', place, text, hint));
}

function blocked(row: Omit<ForkRef, 'state' | 'reason'>, reason: string, finding: Finding): Part {
  return { row: { ...row, state: 'blocked', reason }, updates: [], findings: [finding] };
}

function error(code: string, place: string, text: string, hint: string): Finding {
  return { code, severity: 'error', place, text, hint };
}

/** A branch or tag as people call it. */
export function nameOf(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags)\//, '');
}

function short(object: string): string {
  return object.slice(0, 12);
}
