import type { Upstream } from '../../recipe/target.ts';
import { newestTag } from '../../source/choose-ref.ts';
import { obtainSource, type SourceDeps } from '../../source/obtain.ts';
import { readSourceFile } from '../../source/read-source-file.ts';
import { isPrereleaseTag } from '../../source/tag-order.ts';
import { listRemote, type RemoteRefs } from '../../upstream/list-remote.ts';
import { guessBuild, type BuildGuess } from './guess.ts';

const LIST_TIMEOUT_MS = 60_000;

/** What an upstream is found to be. */
export interface UpstreamLook {
  readonly track: Upstream['track'];
  readonly guess: BuildGuess;
}

/**
 * Looks at a repository that is to be forked: what of it to follow, and how the program `name` is made from it. Throws
 * `upstream.unreachable`, `upstream.too-slow`, `source.*`.
 */
export async function lookAtUpstream(git: string, name: string, deps: SourceDeps): Promise<UpstreamLook> {
  const remote = await listRemote(git, { ...deps, timeoutMs: LIST_TIMEOUT_MS });
  const track = chooseTrack(remote);
  const source = await obtainSource({ git, track, commit: null }, [], deps);
  const goMod = await readSourceFile(source, 'go.mod', deps);
  const paths = source.entries.map(({ path }) => path);
  return { track, guess: guessBuild(name, { git, paths, goMod }) };
}

/** Gives what to follow: the tags that are named like the newest release, `v[0-9]*`, else the default branch. */
export function chooseTrack({ refs, defaultBranch }: RemoteRefs): Upstream['track'] {
  const tag = newestTag(refs);
  if (tag !== null && !isPrereleaseTag(tag)) return { kind: 'tag', pattern: `${tag.replace(/\d.*$/s, '')}[0-9]*` };
  return defaultBranch === null ? { kind: 'none' } : { kind: 'branch', branch: defaultBranch };
}
