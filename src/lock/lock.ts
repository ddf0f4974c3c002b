import type { Digest } from '../oci/digest.ts';

/** What an upstream was resolved to. */
export interface LockedUpstream {
  readonly commit: string;
  /** git's hash of the commit's tree: two commits with one tree build the same. */
  readonly tree: string;
  /** When it was committed, seconds since 1970. */
  readonly epochSeconds: number;
  /** What pointed to it: `refs/tags/v1.2.3`, `HEAD`; null for a commit that the recipe names and no followed tag has. */
  readonly ref: string | null;
  /** What `{version}` stands for. */
  readonly version: string;
}

/** One platform's manifest of an image. */
export interface LockedManifest {
  readonly digest: Digest;
  /** When its config says it was made, seconds since 1970; null where it does not. */
  readonly createdSeconds: number | null;
}

/** What an image of a registry was resolved to. */
export interface RegistryImage {
  readonly kind: 'registry';
  /** Null where the name stands for a single manifest. */
  readonly index: Digest | null;
  /** By platform, `linux/arm/v7`: those that are built, and those that machines which build have. */
  readonly platforms: ReadonlyMap<string, LockedManifest>;
}

/** An image that another recipe of the workspace publishes; what decides it is that recipe's own lock. */
export interface RecipeImage {
  readonly kind: 'recipe';
  readonly recipe: string;
}

export type LockedImage = RegistryImage | RecipeImage;

/** What was known of a target when it was locked. */
export interface LockedTarget {
  readonly inputHash: Digest;
  /** SOURCE_DATE_EPOCH; null where nothing that goes into the image has a date. */
  readonly epochSeconds: number | null;
  /** Versions of the packages that the recipe installs, by name; empty where they are not known. */
  readonly packages: ReadonlyMap<string, string>;
}

/** What a recipe's floating inputs were resolved to. */
export interface RecipeLock {
  /** By `upstreamKey`. */
  readonly upstreams: ReadonlyMap<string, LockedUpstream>;
  /** By full name, `docker.io/library/alpine:3.20`. */
  readonly images: ReadonlyMap<string, LockedImage>;
  /** Files of the workspace that the recipe uses and does not name the hash of, patches among them, by path. */
  readonly files: ReadonlyMap<string, Digest>;
  /** What files that are downloaded are held to, as the recipe pins it, by where they come from. */
  readonly artifacts: ReadonlyMap<string, string>;
  /** By platform. */
  readonly targets: ReadonlyMap<string, LockedTarget>;
}

/** A lock that locks nothing. */
export const EMPTY_LOCK: RecipeLock = {
  upstreams: new Map(),
  images: new Map(),
  files: new Map(),
  artifacts: new Map(),
  targets: new Map(),
};

/** Where a recipe's lock lies, relative to the workspace. */
export function lockPath(recipe: string): string {
  return `${LOCKS_FOLDER}/${recipe}${LOCK_ENDING}`;
}

export const LOCKS_FOLDER = 'locks';
export const LOCK_ENDING = '.lock.yaml';
