import pMap from 'p-map';
import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { diffLocks } from '../../lock/diff-locks.ts';
import { rootOf } from '../../lock/known-facts.ts';
import { listUpstreams } from '../../lock/list-inputs.ts';
import { EMPTY_LOCK, type RecipeLock } from '../../lock/lock.ts';
import type { UpdateGroup } from '../../lock/look-ups.ts';
import type { MadeLock } from '../../lock/make-locks.ts';
import { hashWorkspaceFile } from '../../lock/read-inputs.ts';
import type { TargetInputs } from '../../lock/target-inputs.ts';
import { parseReference } from '../../oci/reference.ts';
import { formatPlatform } from '../../platform/platform.ts';
import type { LockStanding } from '../../plan/plan.ts';
import type { ResolvedRecipe, Workspace } from '../../recipe/target.ts';
import type { Invocation } from '../command.ts';
import { frozenLookUps, openLookUps, type OpenLookUps } from '../lock/look-ups.ts';
import { lockRecipes, type Workbench } from '../lock/lock-recipes.ts';
import { withDescendants, type ListParents } from './family.ts';
import { planHabits } from './look-ups.ts';
import { describePinsBehind } from './pins.ts';

/** A lock as it would be now; it is written nowhere. */
export interface FreshLock {
  /** Null where it could not be made. */
  readonly lock: RecipeLock | null;
  /** As far as it could be made. */
  readonly images: RecipeLock['images'];
  readonly standing: LockStanding;
  /** Why it could not be made. */
  readonly failures: readonly ForkwrightError[];
  /** What the recipe itself keeps from following. */
  readonly findings: readonly Finding[];
}

export interface FreshLockJob {
  /** Resolved without locks. */
  readonly workspace: Workspace;
  /** Of all recipes that have one. */
  readonly locks: ReadonlyMap<string, RecipeLock>;
  /** Those that are wanted and have a lock, resolved with it; but for those that are not sound with it. */
  readonly locked: ReadonlyMap<string, ResolvedRecipe>;
  /** What they are built from as they are locked. */
  readonly inputs: ReadonlyMap<string, ReadonlyMap<string, TargetInputs>>;
  /** Names of those that are wanted and have a lock. */
  readonly recipes: readonly string[];
  readonly listParents: ListParents;
  /** Whether locks are taken as they are: then nobody is asked. */
  readonly isLocked: boolean;
}

const FOLLOWED: readonly UpdateGroup[] = ['upstream', 'base'];
const AT_ONCE = 256;

/**
 * Makes locks anew in memory: with what recipes follow as it is now, or only with what the recipes say by now. Those that
 * are what they should be are taken as they are: for most recipes that takes no more than a look. By names. Throws
 * what `lockRecipes` and opening look-ups throw.
 */
export async function freshenLocks(
  job: FreshLockJob,
  bench: Workbench,
  invocation: Invocation,
): Promise<ReadonlyMap<string, FreshLock>> {
  const { workspace, locks, locked, recipes, listParents, isLocked } = job;
  const { root } = workspace;
  const fits = await pMap(recipes, (name) => fitsRecipe(name, job), { concurrency: AT_ONCE });
  const stale = new Set(recipes.filter((_, index) => fits[index] === false));
  if (isLocked) {
    const request = { workspace, locks, recipes: [...stale], update: new Set<UpdateGroup>() };
    const made = await lockRecipes({ ...request, lookUps: frozenLookUps(root) }, invocation, bench);
    return unite(job, made, stale);
  }
  const open = openLookUps(workspace, invocation, planHabits(locks, invocation));
  try {
    const byName = new Map(workspace.recipes.map((recipe) => [recipe.name, recipe]));
    const follows = await pMap(
      recipes,
      (name) => stale.has(name) || hasMoved(byName.get(name), locks.get(name) ?? EMPTY_LOCK, open, invocation.signal),
      { concurrency: AT_ONCE },
    );
    const moved = recipes.filter((_, index) => follows[index] === true);
    const different = withDescendants(moved, recipes, listParents);
    const request = { workspace, locks, recipes: different, update: new Set(FOLLOWED), lookUps: open.lookUps };
    const made = await lockRecipes(request, invocation, bench);
    const pins = await pMap(locked.values(), async (recipe) => {
      const found = await describePinsBehind(recipe, locks.get(recipe.name) ?? EMPTY_LOCK, open.refsOf);
      return [recipe.name, found] as const;
    });
    return unite(job, made, stale, new Map(pins));
  } finally {
    await open.close();
  }
}

/** Whether a lock is what `lock` would make of its recipe without asking anybody. */
async function fitsRecipe(name: string, { workspace, locks, locked, inputs }: FreshLockJob): Promise<boolean> {
  const [recipe, lock] = [locked.get(name), locks.get(name)];
  if (recipe === undefined || lock === undefined || lock.targets.size !== recipe.targets.length) return false;
  const hasInputs = recipe.targets.every((target) => {
    const platform = formatPlatform(target.platform);
    return lock.targets.get(platform)?.inputHash === inputs.get(name)?.get(platform)?.inputHash;
  });
  if (!hasInputs) return false;
  try {
    for (const [path, digest] of lock.files)
      if ((await hashWorkspaceFile(workspace.root, path)) !== digest) return false;
    return true;
  } catch (error) {
    // That it is not there is for those who make the lock to say.
    if (error instanceof ForkwrightError && error.code === 'lock.no-file') return false;
    throw error;
  }
}

/** Whether anything that a recipe follows is another one than that of its lock; also where that cannot be found out. */
async function hasMoved(
  recipe: ResolvedRecipe | undefined,
  lock: RecipeLock,
  { lookUps, findRoot }: OpenLookUps,
  signal: AbortSignal,
): Promise<boolean> {
  if (recipe === undefined) return true;
  const ofUpstreams = [...listUpstreams(recipe)].map(async ([key, upstream]) => {
    const [known, found] = [lock.upstreams.get(key), await lookUps.upstream(upstream)];
    return known?.commit !== found.commit || known.ref !== found.ref;
  });
  const ofImages = [...lock.images].map(async ([name, image]) => {
    return image.kind === 'registry' && (await findRoot(parseReference(name))) !== rootOf(image);
  });
  const looks = await Promise.allSettled([...ofUpstreams, ...ofImages]);
  signal.throwIfAborted();
  for (const look of looks) {
    // Whoever makes the lock runs into it again, and says what it is.
    if (look.status === 'rejected' && !(look.reason instanceof ForkwrightError)) throw look.reason;
  }
  return looks.some((look) => look.status === 'rejected' || look.value);
}

/** Puts what was made beside the locks that are what they should be. */
function unite(
  { locks, recipes }: FreshLockJob,
  made: readonly MadeLock[],
  stale: ReadonlySet<string>,
  pins: ReadonlyMap<string, readonly Finding[]> = new Map(),
): ReadonlyMap<string, FreshLock> {
  const byName = new Map(made.map((each) => [each.recipe.name, each]));
  return new Map(
    recipes.map((name) => {
      const [before, after] = [locks.get(name) ?? EMPTY_LOCK, byName.get(name)];
      const findings = pins.get(name) ?? [];
      if (after === undefined) {
        const standing = { state: 'current' as const, changes: [] };
        return [name, { lock: before, images: before.images, standing, failures: [], findings }];
      }
      const { lock, failures } = after;
      const isMade = failures.length === 0;
      const changes = isMade ? diffLocks(before, lock) : [];
      const state = judge(stale.has(name), isMade, changes.length > 0);
      return [
        name,
        { lock: isMade ? lock : null, images: lock.images, standing: { state, changes }, failures, findings },
      ];
    }),
  );
}

function judge(isStale: boolean, isMade: boolean, isDifferent: boolean): LockStanding['state'] {
  if (isStale) return 'stale';
  if (!isMade) return 'unknown';
  return isDifferent ? 'behind' : 'current';
}
