import type { Runner } from './platform-list.ts';
import { platformKeys } from './target-texts.ts';
import type { Platform } from '../platform/platform.ts';

/**
 * Gives the CI runner of a target: the recipe's own, else the workspace's for the platform; else the one for all
 * others, or that of linux/amd64, where the platform is emulated. No tags: any runner. Where the workspace maps none at
 * all, runners are taken for linux/amd64.
 */
export function findRunner(platform: Platform, own: Runner | null, runners: ReadonlyMap<string, Runner>): Runner {
  const mapped =
    own ??
    platformKeys(platform)
      .map((key) => runners.get(key))
      .find((runner) => runner !== undefined);
  if (mapped !== undefined) return mapped;
  const other = runners.get('default') ?? runners.get('linux/amd64');
  const isUsual = runners.size === 0 && platform.os === 'linux' && platform.arch === 'amd64';
  return { tags: other?.tags ?? [], isNative: isUsual };
}
