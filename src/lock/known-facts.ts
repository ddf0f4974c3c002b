import type { Digest } from '../oci/digest.ts';
import { formatPlatform, type Platform } from '../platform/platform.ts';
import type { CommitFacts } from '../source/commit-object.ts';
import type { LockedManifest, RecipeLock, RegistryImage } from './lock.ts';

/** What locks say of things that never change under their names: commits by hash, indexes by digest. */
export interface KnownFacts {
  readonly commit: (commit: string) => CommitFacts | null;
  /** Whether anything is known of an image; `name` is what a lock calls it. */
  readonly hasImage: (name: string) => boolean;
  /** An image whose tag points to `root`; null where one of the platforms is not known of it. */
  readonly image: (name: string, root: Digest, platforms: readonly Platform[]) => RegistryImage | null;
}

/** Collects what locks know, so that nobody has to be asked for it again. */
export function collectFacts(locks: Iterable<RecipeLock>): KnownFacts {
  const commits = new Map<string, CommitFacts>();
  const images = new Map<string, Map<Digest, RegistryImage & { readonly platforms: Map<string, LockedManifest> }>>();
  for (const lock of locks) {
    for (const { commit, tree, epochSeconds } of lock.upstreams.values()) commits.set(commit, { tree, epochSeconds });
    for (const [name, image] of lock.images) {
      const root = image.kind === 'registry' ? rootOf(image) : null;
      if (image.kind !== 'registry' || root === null) continue;
      const roots = images.get(name) ?? new Map();
      images.set(name, roots);
      const known = roots.get(root) ?? { ...image, platforms: new Map() };
      roots.set(root, known);
      for (const [platform, manifest] of image.platforms) known.platforms.set(platform, manifest);
    }
  }
  return {
    commit: (commit) => commits.get(commit) ?? null,
    hasImage: (name) => images.has(name),
    image: (name, root, platforms) => {
      const known = images.get(name)?.get(root);
      return known !== undefined && platforms.every((each) => known.platforms.has(formatPlatform(each))) ? known : null;
    },
  };
}

/** Gives what the name of an image pointed to when it was locked: its index, or the one manifest. */
export function rootOf({ index, platforms }: RegistryImage): Digest | null {
  const [first] = platforms.values();
  return index ?? first?.digest ?? null;
}
