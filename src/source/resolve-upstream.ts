import { maskCredentials } from '../recipe/quoted.ts';
import type { Upstream } from '../recipe/target.ts';
import { tagPattern, tagsOf, versionOf } from './choose-ref.ts';
import { compareTags } from './tag-order.ts';
import { satisfies } from 'semver';
import { chooseCommit } from './choose-commit.ts';
import type { CommitFacts } from './commit-object.ts';
import { provideCommit } from './fetch-commit.ts';
import { listRefs, type Refs } from './list-refs.ts';
import { openStore, storeFolder } from './object-store.ts';
import { readCommit, type SourceDeps } from './obtain.ts';
import { hashOf, withScratch } from './scratch.ts';

/** What an upstream stands for. */
export interface ResolvedUpstream extends CommitFacts {
  readonly commit: string;
  /** `refs/tags/v1.2.3`; null for a pinned commit that no tag has of those that are followed. */
  readonly ref: string | null;
}

/**
 * Resolves an upstream: what is followed of it now, or the pinned commit and the newest followed tag that has it. The commit
 * is fetched, and is in the cache then; one that `findKnown` knows is not. `refsOf` asks a repository for its refs, once
 * for all that follow something in it. Throws `source.*`.
 */
export async function resolveUpstream(
  upstream: Upstream,
  refsOf: (git: string) => Promise<Refs>,
  deps: SourceDeps,
  findKnown: (commit: string) => CommitFacts | null = () => null,
): Promise<ResolvedUpstream> {
  const { git } = upstream;
  const { commit, ref } = await chooseResolved(upstream, refsOf);
  const known = findKnown(commit);
  if (known !== null) return { ...known, commit, ref };
  const objects = await provideCommit(storeFolder(deps.cacheFolder, git), commit, upstream, deps);
  const facts = await withScratch(objects, hashOf(commit), deps, (scratch) =>
    readCommit(commit, maskCredentials(git), scratch),
  );
  return { ...facts, commit, ref };
}

/** Asks a repository for its refs. Throws `source.unreachable`. */
export async function askRefs(git: string, deps: SourceDeps): Promise<Refs> {
  const objects = await openStore(storeFolder(deps.cacheFolder, git));
  return withScratch(objects, 'sha1', deps, ({ connect }) => listRefs(git, connect));
}

async function chooseResolved(
  upstream: Upstream,
  refsOf: (git: string) => Promise<Refs>,
): Promise<Pick<ResolvedUpstream, 'commit' | 'ref'>> {
  const { git, commit, track } = upstream;
  if (commit === null) return chooseCommit(upstream, await refsOf(git));
  // Where a branch is now says nothing about a commit that the recipe names; which release it is, a tag says.
  if (track.kind === 'branch' || track.kind === 'none') return { commit, ref: null };
  const isFollowed = (tag: string) =>
    track.kind === 'tag' ? tagPattern(track.pattern).test(tag) : satisfies(versionOf(tag) ?? '', track.range);
  const tag = tagsOf(commit, await refsOf(git))
    .filter(isFollowed)
    .toSorted(compareTags)
    .at(-1);
  return { commit, ref: tag === undefined ? null : `refs/tags/${tag}` };
}
