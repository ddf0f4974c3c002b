import { maxSatisfying, parse, valid } from 'semver';
import type { Upstream } from '../recipe/target.ts';
import type { Refs } from './list-refs.ts';
import { compareTags, isPrereleaseTag } from './tag-order.ts';

const TAGS = 'refs/tags/';

/** A ref by its full name, and the commit that it stands for. */
export interface ChosenRef {
  readonly ref: string;
  readonly commit: string;
}

/**
 * Gives where what is followed of an upstream is, out of its refs; null where it has nothing like that. For a branch that
 * is its tip, and for nothing in particular HEAD; for a pattern the newest tag that matches, which is a prerelease only
 * where all that match are; for a range the highest version in it. An annotated tag stands for its commit.
 */
export function chooseRef(track: Upstream['track'], refs: Refs): ChosenRef | null {
  switch (track.kind) {
    case 'none':
      return named('HEAD', refs);
    case 'branch':
      return named(`refs/heads/${track.branch}`, refs);
    case 'tag':
      return newest(
        listTags(refs).filter((tag) => tagPattern(track.pattern).test(tag)),
        refs,
      );
    case 'release':
      return highest(track.range, refs);
  }
}

/** Gives the newest of all tags, by their versions; prereleases only where there is nothing else; null for none. */
export function newestTag(refs: Refs): string | null {
  const found = newest(
    listTags(refs).filter((tag) => /\d/.test(tag)),
    refs,
  );
  return found === null ? null : found.ref.slice(TAGS.length);
}

/** Gives the names of all tags, without `refs/tags/`. */
export function listTags(refs: Refs): readonly string[] {
  return [...refs.keys()]
    .filter((ref) => ref.startsWith(TAGS) && !ref.endsWith('^{}'))
    .map((ref) => ref.slice(TAGS.length));
}

/** Gives the tags that stand for a commit. */
export function tagsOf(commit: string, refs: Refs): readonly string[] {
  return listTags(refs).filter((tag) => commitOf(`${TAGS}${tag}`, refs) === commit);
}

/** A glob of tags as `git tag --list` takes it: `*` also goes over slashes. Specification: git-tag(1), fnmatch(3). */
export function tagPattern(glob: string): RegExp {
  const source = glob.replaceAll(/\[[!^]?[^\]]+\]|[\s\S]/g, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    if (part.length > 1) return part.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return part.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
  });
  return new RegExp(`^${source}$`, 's');
}

function named(ref: string, refs: Refs): ChosenRef | null {
  const commit = commitOf(ref, refs);
  return commit === null ? null : { ref, commit };
}

function commitOf(ref: string, refs: Refs): string | null {
  return refs.get(`${ref}^{}`) ?? refs.get(ref) ?? null;
}

function newest(tags: readonly string[], refs: Refs): ChosenRef | null {
  const stable = tags.filter((tag) => !isPrereleaseTag(tag));
  const tag = (stable.length === 0 ? tags : stable).toSorted(compareTags).at(-1);
  return tag === undefined ? null : named(`${TAGS}${tag}`, refs);
}

/** Of `v1.2.0` and `1.2.0`, which are one version, the first in the order of tags is taken. */
function highest(range: string, refs: Refs): ChosenRef | null {
  const versions = new Map<string, string>();
  for (const tag of listTags(refs).toSorted(compareTags)) {
    const version = versionOf(tag);
    if (version !== null && !versions.has(version)) versions.set(version, tag);
  }
  const best = maxSatisfying([...versions.keys()], range);
  return best === null ? null : named(`${TAGS}${versions.get(best) ?? ''}`, refs);
}

/** The version that a tag is of: `v1.2.0`, `release-1.2.0` and `1.2` (which is 1.2.0) have one; null for none. */
export function versionOf(tag: string): string | null {
  const bare = tag.replace(/^(?:[A-Za-z_-]+[-_/])?[vV]?(?=\d)/, '');
  const whole = /^\d+\.\d+$/.test(bare) ? `${bare}.0` : bare;
  return valid(whole) === null ? null : (parse(whole)?.version ?? null);
}
