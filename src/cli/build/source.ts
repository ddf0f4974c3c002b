import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { withTemporary } from '../../archive/write/replace-output.ts';
import { findCacheFolder } from '../../cache/cache-folder.ts';
import { isSystemError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { recipeOutput } from '../../recipe/output-names.ts';
import type { Target } from '../../recipe/target.ts';
import { keepsGitFolder, usesUpstream } from '../../recipe/upstream-context.ts';
import { obtainSource } from '../../source/obtain.ts';
import { writeGitFolder } from '../../source/write-git-folder.ts';
import { writeSource } from '../../source/write.ts';
import type { Invocation } from '../command.ts';

/** The upstream of a target as a folder to build from. */
export interface BuildSource {
  /** Absolute. */
  readonly folder: string;
  readonly epochSeconds: number;
}

/**
 * Writes the sources of a recipe's targets for the time of `use`, one folder for all targets of the same upstream and
 * patches, hidden below out/. Throws what obtaining and writing a source throws, and what `use` throws.
 */
export async function withSources<Result>(
  targets: readonly Target[],
  invocation: Invocation,
  use: (sourceOf: (target: Target) => BuildSource | null, findings: readonly Finding[]) => Promise<Result>,
): Promise<Result> {
  const built = targets.filter(usesUpstream);
  const [first] = built;
  if (first === undefined) return use(() => null, []);
  return withTemporary(join(invocation.root, recipeOutput(first.recipe), 'source'), async (folder) => {
    const sources = new Map<string, BuildSource>();
    const findings: Finding[] = [];
    for (const target of built) {
      if (sources.has(keyOf(target))) continue;
      const source = await provideSource(target, join(folder, String(sources.size)), invocation);
      sources.set(keyOf(target), source);
      findings.push(...source.findings);
    }
    return use((target) => (usesUpstream(target) ? (sources.get(keyOf(target)) ?? null) : null), findings);
  });
}

function keyOf(target: Target): string {
  return JSON.stringify([target.upstream, target.patches, keepsGitFolder(target)]);
}

async function provideSource(
  target: Target,
  folder: string,
  invocation: Invocation,
): Promise<BuildSource & { readonly findings: readonly Finding[] }> {
  const { root, cwd, env, run, signal, progress } = invocation;
  const { upstream, patches } = target;
  if (upstream === null) throw new Error('a target that needs a source has an upstream');
  const deps = { root, cacheFolder: resolve(cwd, findCacheFolder(env, process.platform)), env, run, signal, progress };
  const source = await obtainSource(upstream, patches, deps);
  const written = await writeSource(source, folder, deps);
  // BuildKit reads it in a folder but not in a git context, whose build this is to be: a fork's own Dockerfile may leave out
  // what ours builds from.
  await rm(join(folder, '.dockerignore'), { force: true });
  if (keepsGitFolder(target)) await writeGitFolder(source, folder, deps);
  return { folder, epochSeconds: source.epochSeconds, findings: [...source.findings, ...written] };
}

/** Reads a text of a source; null where there is no such file. */
export async function readSourceText({ folder }: BuildSource, path: string): Promise<string | null> {
  try {
    return await readFile(join(folder, path), 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return null;
    throw error;
  }
}
