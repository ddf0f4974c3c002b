import type { SourceTree } from './obtain.ts';
import { hashOf, withScratch, type GitDeps } from './scratch.ts';

/** Reads a text of an upstream at its commit, patches applied; null where it has no such file. Throws what git throws. */
export async function readSourceFile(
  { commit, tree, entries, objects }: SourceTree,
  path: string,
  deps: GitDeps,
): Promise<string | null> {
  const name = path.replace(/^(?:\.\/)+/, '');
  const isThere = entries.some((entry) => entry.path === name && entry.kind !== 'submodule');
  if (!isThere) return null;
  return withScratch(objects, hashOf(commit), deps, ({ git }) => git(['cat-file', 'blob', `${tree}:${name}`]));
}
