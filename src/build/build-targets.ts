import pMap from 'p-map';
import { ForkwrightError } from '../errors.ts';
import { formatPlatform } from '../platform/platform.ts';
import type { Target } from '../recipe/target.ts';
import type { Progress, Task } from '../report/progress.ts';
import { formatSize } from '../report/size.ts';
import type { BuiltArchive } from './built-archive.ts';

/** Builds one target; `task` shows what it is at. */
export type BuildTarget = (target: Target, task: Task) => Promise<BuiltArchive>;

export interface BuildOptions {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** How many targets are built at once. */
  readonly parallel: number;
}

/** What became of the targets, each list in their order. */
export interface BuildOutcome {
  readonly built: readonly { readonly target: Target; readonly archive: BuiltArchive }[];
  readonly failures: readonly ForkwrightError[];
}

/**
 * Builds targets, several at once. One that fails does not keep the others from being built. Throws the signal's reason,
 * when what was running has ended.
 */
export async function buildTargets(
  targets: readonly Target[],
  build: BuildTarget,
  options: BuildOptions,
): Promise<BuildOutcome> {
  const outcomes = await pMap(targets, (target) => tryTarget(target, build, options), {
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
  target: Target,
  build: BuildTarget,
  { progress, signal }: BuildOptions,
): Promise<BuildOutcome['built'][number] | ForkwrightError | null> {
  if (signal.aborted) return null;
  const task = progress.task(`${target.recipe} ${formatPlatform(target.platform)}`, null);
  try {
    const archive = await build(target, task);
    task.done(formatSize(archive.sizeBytes));
    return { target, archive };
  } catch (error) {
    task.fail('not built');
    if (signal.aborted) return null;
    if (error instanceof ForkwrightError) return error;
    throw error;
  }
}
