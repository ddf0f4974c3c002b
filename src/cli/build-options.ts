import { availableParallelism } from 'node:os';
import type { BuildOptions } from '../build/build-targets.ts';
import { readSourceDateEpoch } from '../build/source-date.ts';
import { findCacheFolder } from '../cache/cache-folder.ts';
import { createObtain } from '../prebuilt/obtain.ts';
import { REAL_PAUSES } from '../prebuilt/retry.ts';
import type { Invocation } from './command.ts';

/** Gives what the native builder needs of a invocation. Throws `cache.no-folder`, `build.source-date-epoch`. */
export function openBuild(invocation: Invocation): BuildOptions {
  const { root, env, fetch, run, signal, progress } = invocation;
  const cacheFolder = findCacheFolder(env, process.platform);
  return {
    root,
    cacheFolder,
    epochSeconds: readSourceDateEpoch(env),
    obtain: createObtain({ root, env, fetch, run, signal, progress, cacheFolder, pauses: REAL_PAUSES }),
    signal,
    progress,
    parallel: availableParallelism(),
  };
}
