import type { Digest } from '../oci/digest.ts';
import type { LeafChange } from '../plan/plan.ts';
import type { PatchVerdict } from '../source/patch-verdict.ts';
import type { Grade } from '../upstream/health.ts';
import type { Distance, Verdict } from '../upstream/state.ts';
import type { FleetSignal } from './signals.ts';

/** A recipe at a glance: plain values, as `status --json` has them. */
export interface FleetRow {
  readonly recipe: string;
  readonly file: string;
  readonly description: string;
  readonly version: string;
  /** The worst of its signals. */
  readonly grade: Grade;
  /** Why it has that grade: one sentence for people. */
  readonly reason: string;
  readonly signals: readonly FleetSignal[];
  readonly upstreams: readonly UpstreamRow[];
  readonly images: readonly ImageRow[];
  /** In the order of the series; `state` is null where nobody tried them. */
  readonly patches: readonly { readonly path: string; readonly state: PatchVerdict['state'] | null }[];
  readonly platforms: readonly PlatformRow[];
  /** Platforms of upstream's own image that the recipe has not; null where that is not known. */
  readonly missingPlatforms: readonly string[] | null;
  readonly published: PublishedRow;
  readonly mergeRequest: MergeRequestRow;
}

/** An upstream: what is locked of it, and what was observed. */
export interface UpstreamRow {
  /** Without credentials. */
  readonly git: string;
  /** What is followed, for people: `branch main`. */
  readonly follows: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly observedAt: string | null;
  readonly locked: {
    readonly commit: string;
    /** Null where the lock does not say. */
    readonly ref: string | null;
    readonly version: string | null;
    /** When it was made, ISO 8601. */
    readonly committedAt: string | null;
  } | null;
  readonly found: {
    readonly commit: string;
    readonly ref: string;
    /** Null where that is not known. */
    readonly committedAt: string | null;
  } | null;
  /** Since the newest commit of what is followed. */
  readonly ageDays: number | null;
  /** Commits that are not taken yet; null where that is not known. */
  readonly commitsBehind: number | null;
  /** The newest of them first. */
  readonly commits: Distance['commits'];
  readonly newestTag: string | null;
  /** What its forge says; null where that is not known. */
  readonly project: { readonly name: string; readonly isArchived: boolean; readonly licence: string | null } | null;
}

/** An image that the recipe is made from. */
export interface ImageRow {
  readonly name: string;
  readonly isBase: boolean;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly observedAt: string | null;
  /** When what is locked was made, ISO 8601; null where that is not known. */
  readonly createdAt: string | null;
  readonly ageDays: number | null;
  readonly locked: Digest | null;
  readonly found: Digest | null;
  readonly platforms: readonly {
    readonly platform: string;
    readonly locked: Digest | null;
    readonly found: Digest | null;
    readonly verdict: Verdict;
  }[];
}

/**
 * What is published of a platform. `current`: what would be built now. `older`: it was built from something else.
 * `missing`: it is not there. `unknown`: it cannot be told. `not-asked`: nobody was asked.
 */
export type PublishedState = 'current' | 'older' | 'missing' | 'unknown' | 'not-asked';

export interface PlatformRow {
  readonly platform: string;
  readonly state: PublishedState;
  readonly reason: string;
  /** What would be built now; null where not all of it is locked. */
  readonly inputHash: Digest | null;
  /** What the published image was built from; null where nothing says it. */
  readonly publishedInputHash: Digest | null;
  readonly digest: Digest | null;
  /** In what the two differ, from the published one to what would be built. */
  readonly changes: readonly LeafChange[];
}

/** `none`: it was asked for, and there is none. */
export type Presence = 'there' | 'none' | 'unknown' | 'not-asked';

export interface PublishedRow {
  readonly state: Presence;
  readonly name: string | null;
  readonly digest: Digest | null;
  /** For people. */
  readonly reason: string;
}

export interface MergeRequestRow {
  readonly state: Presence;
  readonly iid: number | null;
  readonly url: string | null;
  readonly title: string | null;
  readonly ageDays: number | null;
  /** For people. */
  readonly reason: string;
}
