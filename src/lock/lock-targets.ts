import { ForkwrightError } from '../errors.ts';
import { formatPlatform } from '../platform/platform.ts';
import type { ResolvedRecipe, Target } from '../recipe/target.ts';
import type { HashedDockerfile } from './hashed-dockerfile.ts';
import { inputHash } from './input-hash.ts';
import { leavesOf, packageName, type ParentHashes } from './input-leaves.ts';
import type { LockedTarget, RecipeLock } from './lock.ts';
import { lockedEpoch } from './source-date.ts';

/** What the targets of a recipe are locked with. */
export interface TargetInput {
  /** All but the targets. */
  readonly lock: Omit<RecipeLock, 'targets'>;
  readonly renderTarget: (target: Target) => HashedDockerfile;
  /** By target's platform. */
  readonly packages: ReadonlyMap<string, LockedTarget['packages']>;
  /** Dates of patches, by path. */
  readonly patchDates: ReadonlyMap<string, number>;
  /** All recipes of the workspace, with the locks of those that are locked. */
  readonly locks: ReadonlyMap<string, RecipeLock | null>;
}

/** Gives what follows from all else in a lock: input hash and time stamp of each target. Throws `render.*`. */
export function lockTargets(recipe: ResolvedRecipe, input: TargetInput): RecipeLock['targets'] {
  const { lock, patchDates } = input;
  return new Map(
    recipe.targets.map((target) => {
      const platform = formatPlatform(target.platform);
      const packages = input.packages.get(platform) ?? new Map<string, string>();
      const epochSeconds = lockedEpoch(target, lock, patchDates);
      const leaves = leavesOf({
        target,
        dockerfile: input.renderTarget(target),
        lock,
        packages,
        parents: parentHashes(platform, input.locks),
      });
      return [platform, { inputHash: inputHash(leaves), epochSeconds, packages }];
    }),
  );
}

/** The input hashes of all recipes on a platform; null for those whose is not known. */
export function parentHashes(platform: string, locks: ReadonlyMap<string, RecipeLock | null>): ParentHashes {
  return {
    has: (name) => locks.has(name),
    get: (name) => locks.get(name)?.targets.get(platform)?.inputHash ?? null,
  };
}

/** Of packages that a recipe installs on a target, those whose versions are known. */
export function onlyInstalled({ image }: Target, versions: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const names = image.packages.map(packageName);
  return new Map(
    names.flatMap((name) => {
      const version = versions.get(name);
      return version === undefined ? [] : [[name, version]];
    }),
  );
}

/** Throws `lock.no-parent` where a recipe is built on another one that has no lock. */
export function requireParents(
  { file }: ResolvedRecipe,
  parents: readonly string[],
  locks: ReadonlyMap<string, RecipeLock | null>,
): void {
  const open = parents.filter((parent) => (locks.get(parent)?.targets.size ?? 0) === 0);
  if (open.length === 0) return;
  throw new ForkwrightError('lock.no-parent', `it is built on ${open.join(', ')}, which is not locked`, {
    place: file,
    hint: `lock both: \`forkwright lock ${open.join(' ')}\` first, or all with \`forkwright lock\``,
  });
}
