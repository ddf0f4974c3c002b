import type { Finding } from '../finding.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageReference } from '../oci/reference.ts';
import type { Platform } from '../platform/platform.ts';
import type { Upstream } from '../recipe/target.ts';

/** An image that a recipe is made from, and what of it is pinned. */
export interface PinnedImage {
  readonly reference: ImageReference;
  /** Of the index, or of the one manifest, that is pinned; null where nothing is. */
  readonly digest: Digest | null;
  /**
   * The platforms that it is used for, in index order, each with the digest of its manifest, null where only the index is
   * pinned. Empty where it is not known which are used: then the digest of the whole counts.
   */
  readonly platforms: readonly { readonly platform: Platform; readonly digest: Digest | null }[];
}

/** What a recipe is built from now. */
export interface Pinned {
  readonly recipe: string;
  /** For findings: `recipes/tool.yaml`. */
  readonly place: string;
  /** As a rule one; none where all comes from elsewhere, several where platforms have their own. */
  readonly upstreams: readonly Upstream[];
  readonly images: readonly PinnedImage[];
}

/**
 * `current`: nothing has moved. `moved`: there is something newer. `unpinned`: nothing is pinned that could have moved.
 * `alarm`: somebody has to look, since history was rewritten or something is gone. `unknown`: it could not be found out.
 */
export type Verdict = 'current' | 'moved' | 'unpinned' | 'alarm' | 'unknown';

/** What lies between the pinned commit and the one that is followed. */
export interface Distance {
  /** Whether the pinned commit is in the history of the other one. For a branch it always is, unless that was rewritten. */
  readonly isAncestor: boolean;
  /** Commits that the new one has and the pinned one has not; null where the pinned one is not to be had any more. */
  readonly ahead: number | null;
  /** Commits that only the pinned one has. */
  readonly behind: number | null;
  /** Whether both have the very same files. */
  readonly hasSameTree: boolean | null;
  /** Of the new commits, the newest first; not all of them where there are many. */
  readonly commits: readonly { readonly commit: string; readonly subject: string }[];
}

export interface Release {
  readonly tag: string;
  /** As the forge writes it: `2026-02-27T19:35:32Z`; null for one that is not published. */
  readonly publishedAt: string | null;
  readonly isPrerelease: boolean;
}

export interface Advisory {
  /** As GitHub names it: `GHSA-jfh8-c2jp-5v3q`. */
  readonly id: string;
  readonly severity: string | null;
  readonly summary: string;
  readonly publishedAt: string | null;
  readonly url: string;
  /** Ranges of versions that are concerned, as the forge writes them: `>= 1.0, < 1.2.3`. */
  readonly ranges: readonly string[];
}

/** What a forge says of a project. */
export interface Project {
  readonly forge: 'github' | 'gitlab';
  /** It stays when the project is renamed. */
  readonly id: number;
  /** `owner/name`, as it is called now. */
  readonly name: string;
  readonly url: string;
  readonly defaultBranch: string | null;
  readonly isArchived: boolean;
  /** SPDX identifier as far as the forge knows one. */
  readonly licence: string | null;
  /** The newest of them, in the forge's order. */
  readonly releases: readonly Release[];
  /** Null where the forge has none to give. */
  readonly advisories: readonly Advisory[] | null;
}

/** What is known of one upstream of a recipe. */
export interface UpstreamState {
  /** Without credentials. */
  readonly git: string;
  readonly track: Upstream['track'];
  readonly pinned: string | null;
  readonly verdict: Verdict;
  /** One sentence for people. */
  readonly reason: string;
  /** When the refs were seen, ISO 8601; null where they never were. */
  readonly observedAt: string | null;
  /** Where what is followed is now, or was when it was last seen: `refs/tags/v1.2.0`. */
  readonly found: { readonly ref: string; readonly commit: string } | null;
  /** Null where nothing moved, or where it could not be found out. */
  readonly distance: Distance | null;
  /** The newest tag by its version, whatever is followed. */
  readonly newestTag: string | null;
  readonly project: Project | null;
  readonly findings: readonly Finding[];
}

/** What is known of one image of a recipe. */
export interface ImageState {
  /** `alpine:3.20`. */
  readonly name: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly observedAt: string | null;
  readonly pinned: Digest | null;
  readonly found: Digest | null;
  /** The platforms that are used, each with its digest now; null for one that is not there any more. */
  readonly platforms: readonly {
    readonly platform: string;
    readonly pinned: Digest | null;
    readonly found: Digest | null;
    readonly verdict: Verdict;
  }[];
  readonly findings: readonly Finding[];
}

/** What is known of everything that a recipe is built from. */
export interface RecipeState {
  readonly recipe: string;
  /** The worst one of all parts. */
  readonly verdict: Verdict;
  readonly upstreams: readonly UpstreamState[];
  readonly images: readonly ImageState[];
}

const WORST_FIRST: readonly Verdict[] = ['alarm', 'unknown', 'moved', 'unpinned', 'current'];

/** The verdict that matters most of several; `current` for none. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  return WORST_FIRST.find((verdict) => verdicts.includes(verdict)) ?? 'current';
}
