import { readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { replaceOutput } from '../../archive/write/replace-output.ts';
import { findCacheFolder } from '../../cache/cache-folder.ts';
import { ForkwrightError, isSystemError } from '../../errors.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import { chooseCommit } from '../../source/choose-commit.ts';
import { classifySeries } from '../../source/classify-series.ts';
import type { Refs } from '../../source/list-refs.ts';
import type { SourceDeps } from '../../source/obtain.ts';
import { listSeries, type JudgedSeries, type PatchSeries } from '../../source/patch-series.ts';
import { refreshSeries, type SeriesChange } from '../../source/refresh-series.ts';
import { requireGit } from '../../source/require-git.ts';
import { askRefs } from '../../source/resolve-upstream.ts';
import type { Invocation } from '../command.ts';

/** Says what becomes of a recipe's patches. Throws `source.*`, `patch.not-locked`. */
export type JudgePatches = (recipe: ResolvedRecipe) => Promise<readonly JudgedSeries[]>;

/** A file of the workspace, before and after; null where there is none. */
export interface PatchChange extends SeriesChange {
  readonly before: Buffer;
}

/**
 * Gives what judges patches, on the newest of what recipes follow, or with `isLocked` on the commit that they are built
 * from. Each repository is asked for its refs once. Throws `cache.no-folder`.
 */
export function openPatches(root: string, isLocked: boolean, invocation: Invocation): JudgePatches {
  const { cwd, env, run, signal, progress } = invocation;
  const cacheFolder = resolve(cwd, findCacheFolder(env, process.platform));
  const deps: SourceDeps = { root, cacheFolder, env, run, signal, progress };
  let checked: Promise<void> | null = null;
  const refs = new Map<string, Promise<Refs>>();
  const refsOf = (git: string) => {
    const known = refs.get(git) ?? askRefs(git, deps);
    refs.set(git, known);
    return known;
  };
  return async (recipe) => {
    const judged: JudgedSeries[] = [];
    for (const series of listSeries(recipe)) {
      await (checked ??= requireGit(root, deps));
      const { commit, ref } = isLocked
        ? lockedCommit(series, recipe)
        : chooseCommit(series.upstream, await refsOf(series.upstream.git));
      const verdicts = await classifySeries({ ...series.upstream, commit }, series.patches, deps);
      judged.push({ ...series, commit, ref, verdicts });
    }
    return judged;
  };
}

type SeriesCommit = Pick<JudgedSeries, 'commit' | 'ref'>;

function lockedCommit({ upstream }: PatchSeries, { name, file }: ResolvedRecipe): SeriesCommit {
  if (upstream.commit !== null) return { commit: upstream.commit, ref: null };
  throw new ForkwrightError('patch.not-locked', 'neither the recipe nor its lock has a commit', {
    place: file,
    hint: `run \`forkwright lock ${name}\`, or leave out --locked`,
  });
}

/** Gives the files that change when a recipe's patches are refreshed. Throws `recipe.not-edited`. */
export async function planRefresh(
  root: string,
  { name, file }: ResolvedRecipe,
  series: readonly JudgedSeries[],
): Promise<readonly PatchChange[]> {
  const text = await readFile(join(root, file), 'utf8');
  const verdicts = series.map((each) => each.verdicts);
  const changes = refreshSeries({ name, file, text }, verdicts);
  return Promise.all(changes.map(async (change) => ({ ...change, before: await readFile(join(root, change.path)) })));
}

/**
 * Writes the changes of a recipe's patches. Everything is on the disk before the first file gets its name; files that go
 * are removed when nothing names them any more. Throws `archive.write-failed`.
 */
export async function writeRefresh(root: string, changes: readonly PatchChange[]): Promise<void> {
  // The innermost is renamed first.
  await replaceAll(root, changes.toReversed());
  const removed = changes.filter(({ content }) => content === null);
  for (const { path } of removed) await rm(join(root, path), { force: true });
  for (const folder of new Set(removed.map(({ path }) => dirname(path)))) await removeIfEmpty(join(root, folder));
}

async function replaceAll(root: string, changes: readonly PatchChange[]): Promise<void> {
  const [first, ...rest] = changes.filter(({ content }) => content !== null);
  if (first === undefined) return;
  await replaceOutput(join(root, first.path), async (temporary) => {
    await writeFile(temporary, first.content ?? '', { flag: 'wx' });
    await replaceAll(root, rest);
  });
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    // Other files there are somebody's.
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}
