import { join } from 'node:path';
import pMap from 'p-map';
import { ForkwrightError } from '../errors.ts';
import { formatPlatform } from '../platform/platform.ts';
import { archivePath, logPath } from '../recipe/output-names.ts';
import type { ResolvedRecipe, Target } from '../recipe/target.ts';
import type { Progress } from '../report/progress.ts';
import { formatSize } from '../report/size.ts';
import { writeBuildLog } from './build-log.ts';
import { buildNative, type BuiltArchive, type NativeOptions } from './native.ts';

export interface BuildOptions extends Omit<NativeOptions, 'output'> {
  readonly progress: Progress;
  /** How many targets are built at once. */
  readonly parallel: number;
}

/** What became of the targets, each list in their order. */
export interface BuildOutcome {
  readonly built: readonly BuiltArchive[];
  readonly failures: readonly ForkwrightError[];
}

/**
 * Builds targets of a recipe natively, several at once, each into its own archive with a log beside it. One that fails does
 * not keep the others from being built. Throws the signal's reason, when what was running has ended.
 */
export async function buildTargets(
  recipe: ResolvedRecipe,
  targets: readonly Target[],
  options: BuildOptions,
): Promise<BuildOutcome> {
  const outcomes = await pMap(targets, (target) => tryTarget(recipe, target, options), {
    concurrency: options.parallel,
  });
  options.signal.throwIfAborted();
  return {
    built: outcomes.flatMap((outcome) => (outcome === null || outcome instanceof ForkwrightError ? [] : outcome)),
    failures: outcomes.filter((outcome) => outcome instanceof ForkwrightError),
  };
}

/** Null for a target that an interruption has ended or kept from being begun. */
async function tryTarget(
  recipe: ResolvedRecipe,
  target: Target,
  options: BuildOptions,
): Promise<BuiltArchive | ForkwrightError | null> {
  if (options.signal.aborted) return null;
  try {
    return await buildTarget(recipe, target, options);
  } catch (error) {
    if (options.signal.aborted) return null;
    if (error instanceof ForkwrightError) return error;
    throw error;
  }
}

async function buildTarget(recipe: ResolvedRecipe, target: Target, options: BuildOptions): Promise<BuiltArchive> {
  const task = options.progress.task(`${recipe.name} ${formatPlatform(target.platform)}`, null);
  const path = archivePath(target);
  try {
    const built = await buildNative(target, { ...options, output: join(options.root, path) });
    await writeBuildLog(join(options.root, logPath(target)), target, built);
    task.done(formatSize(built.sizeBytes));
    return { ...built, path };
  } catch (error) {
    task.fail('not built');
    throw error;
  }
}
