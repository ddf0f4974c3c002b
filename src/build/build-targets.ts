import { join } from 'node:path';
import pMap from 'p-map';
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

/**
 * Builds targets of a recipe natively, several at once, each into its own archive with a log beside it. All of them are
 * tried; throws what the first failed one threw when the others have ended.
 */
export async function buildTargets(
  recipe: ResolvedRecipe,
  targets: readonly Target[],
  options: BuildOptions,
): Promise<readonly BuiltArchive[]> {
  const outcomes = await pMap(
    targets,
    async (target) => {
      try {
        options.signal.throwIfAborted();
        return { built: await buildTarget(recipe, target, options) };
      } catch (error) {
        return { error };
      }
    },
    { concurrency: options.parallel },
  );
  return outcomes.map((outcome) => {
    if ('error' in outcome) throw outcome.error;
    return outcome.built;
  });
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
