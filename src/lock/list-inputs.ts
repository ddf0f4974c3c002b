import { compareText } from '../platform/order.ts';
import { listFiles } from '../recipe/target-files.ts';
import type { FileSource, ResolvedRecipe, Target, Upstream } from '../recipe/target.ts';
import { usesUpstream } from '../recipe/upstream-context.ts';
import { listArchives, parentOfArchive } from './archive-paths.ts';
import { upstreamKey } from './upstream-key.ts';

/**
 * Lists the upstreams that a recipe builds from, by what a lock calls them. The recipe is resolved without a lock: what it
 * leaves open is open.
 */
export function listUpstreams({ targets }: ResolvedRecipe): ReadonlyMap<string, Upstream> {
  return new Map(
    targets.flatMap((target) =>
      target.upstream === null || !usesUpstream(target) ? [] : [[upstreamKey(target.upstream), target.upstream]],
    ),
  );
}

/** Lists what a target downloads, with what it is held to: `npm esbuild@0.28.2 bin/esbuild` and its integrity. */
export function listArtifacts(target: Target): ReadonlyMap<string, string> {
  return new Map(listFiles(target).flatMap(({ source }) => artifactOf(source)));
}

function artifactOf(source: FileSource): readonly (readonly [string, string])[] {
  switch (source.type) {
    case 'npm':
      return [[`npm ${source.package}@${source.version}`, source.integrity]];
    case 'url':
      return [[`url ${source.url}`, `sha256:${source.sha256}`]];
    case 'github-release':
      return [[`github ${source.repository} ${source.tag} ${source.asset}`, `sha256:${source.sha256}`]];
    case 'path':
      return source.sha256 === null ? [] : [[`path ${source.path}`, `sha256:${source.sha256}`]];
    default:
      return [];
  }
}

/**
 * Lists the files and archives of the workspace that a target takes and the recipe does not name the hash of, without what
 * one of `recipes` writes: that one's own inputs decide it.
 */
export function listWorkspaceFiles(
  target: Pick<Target, 'build' | 'image'>,
  recipes: { readonly has: (name: string) => boolean },
): readonly string[] {
  const files = listFiles(target).flatMap(({ source }) =>
    source.type === 'path' && source.sha256 === null ? [source.path] : [],
  );
  const archives = listArchives(target).filter((path) => parentOfArchive(path, recipes) === null);
  return [...new Set([...files, ...archives])].toSorted(compareText);
}
