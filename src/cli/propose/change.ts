import type { Finding } from '../../finding.ts';
import { EMPTY_LOCK, type RecipeLock } from '../../lock/lock.ts';
import { listInputs } from '../../lock/target-inputs.ts';
import { diffPackages, type Change, type PlatformChange } from '../../propose/change.ts';
import { findClosure, type Closure } from '../../propose/closure.ts';
import type { Group } from '../../propose/group.ts';
import { findNews, isMove, type ImageNews } from '../../propose/news.ts';
import { listRebuilds } from '../../propose/rebuilds.ts';
import type { Change as FileDifference } from '../../render/plan-writes.ts';
import { failureOf } from '../../upstream/failure.ts';
import type { RecipeState } from '../../upstream/state.ts';
import type { Invocation } from '../command.ts';
import { describeFailures } from '../describe-failures.ts';
import { toFinding } from '../error-finding.ts';
import { openLookUps } from '../lock/look-ups.ts';
import { lockRecipes, openWorkbench } from '../lock/lock-recipes.ts';
import { changedLocks, changedRenders, uniteChanges, type PresentFiles } from './files.ts';
import type { RecipeNews } from './news.ts';
import { tryPatches, type TriedPatches } from './patches.ts';
import { writeMoves } from './pins.ts';
import { withTrial } from './trial.ts';

export interface ChangeJob extends PresentFiles {
  readonly news: ReadonlyMap<string, RecipeNews>;
  /** What was found out about upstreams and images, by recipe. */
  readonly states: ReadonlyMap<string, RecipeState>;
  /** Null where it is not to be found out. */
  readonly comparePlatforms: (image: ImageNews) => Promise<PlatformChange | null>;
}

/** A change as it was made in a copy of the workspace. */
export interface TriedChange {
  readonly change: Change;
  /** Relative to the workspace, by path. */
  readonly files: readonly FileDifference[];
}

/**
 * Makes the change that the news of a group of recipes lead to in a copy of the workspace: commits that recipes name, new
 * locks, patches that fit, generated files. What keeps it from being made are findings of severity error. Throws what is not about these recipes: an
 * interruption, a cache that cannot be used.
 */
export async function tryChange(
  group: Group,
  job: ChangeJob,
  invocation: Invocation,
): Promise<TriedChange | readonly Finding[]> {
  const closure = findClosure(group.recipes, job.workspace.recipes);
  try {
    return await withTrial(closure.all, invocation, (root) => makeChange(group, closure, root, job, invocation));
  } catch (error) {
    failureOf(error, invocation.signal);
    return [toFinding(error)];
  }
}

async function makeChange(
  { recipes: names }: Group,
  { dependents, all }: Closure,
  root: string,
  job: ChangeJob,
  invocation: Invocation,
): Promise<TriedChange | readonly Finding[]> {
  const { workspace, news, locks } = job;
  const known = new Map(all.flatMap(({ name }) => pair(name, locks.get(name))));
  for (const name of names) known.set(name, news.get(name)?.lock ?? EMPTY_LOCK);
  const group = all.filter(({ name }) => names.includes(name));
  const recipes = await Promise.all(group.map((each) => writeMoves(each, news.get(each.name)?.moves ?? [], root)));
  const patches = await followPatches(names, known, root, job, invocation);
  const faults = [...patches.values()].flatMap(({ findings }) => findings);
  if (faults.length > 0) return faults;
  // The recipes may be other ones now.
  const bench = await openWorkbench(root);
  const copy = { ...workspace, root };
  const { lookUps, close } = openLookUps(copy, invocation);
  const request = { workspace: copy, locks: known, recipes: [...names, ...dependents], lookUps };
  const made = await lockRecipes({ ...request, update: new Set() }, invocation, bench).finally(close);
  const failures = made.flatMap((each) => describeFailures(each.recipe, each.failures));
  if (failures.length > 0) return failures;
  const fresh = new Map(made.map(({ recipe, lock }) => [recipe.name, lock]));
  const after = bench.load(new Map([...known, ...fresh])).workspace.recipes;
  const changed = after.filter(({ name }) => fresh.has(name));
  const files = [
    ...recipes.flat(),
    ...[...patches.values()].flatMap((each) => each.files),
    ...changedLocks(fresh, locks),
    ...changedRenders(changed, job),
  ];
  const rebuilds = listRebuilds(listInputs(all, bench.render), listInputs(after, bench.render));
  return {
    change: {
      recipes: await Promise.all(names.map((name) => describeRecipe(name, fresh, patches.get(name), job))),
      dependents,
      rebuilds: rebuilds.filter(({ recipe }) => fresh.has(recipe)),
    },
    files: uniteChanges(files),
  };
}

/** Only of recipes whose upstream moved: the others have the patches that they are built with. */
async function followPatches(
  names: readonly string[],
  locks: ReadonlyMap<string, RecipeLock>,
  root: string,
  { news }: Pick<ChangeJob, 'news'>,
  invocation: Invocation,
): Promise<ReadonlyMap<string, TriedPatches>> {
  const moved = names.filter((name) => (news.get(name)?.news.upstreams ?? []).length > 0);
  const tried = new Map<string, TriedPatches>();
  if (moved.length === 0) return tried;
  for (const recipe of (await openWorkbench(root)).load(locks).workspace.recipes) {
    if (moved.includes(recipe.name)) tried.set(recipe.name, await tryPatches(recipe, root, invocation));
  }
  return tried;
}

async function describeRecipe(
  name: string,
  fresh: ReadonlyMap<string, RecipeLock>,
  patches: TriedPatches | undefined,
  { locks, news, states, comparePlatforms }: ChangeJob,
): Promise<Change['recipes'][number]> {
  const [old, lock] = [locks.get(name) ?? EMPTY_LOCK, fresh.get(name) ?? EMPTY_LOCK];
  const state = states.get(name);
  const found = findNews(old, lock, news.get(name)?.moves);
  const platforms = await Promise.all(found.images.filter(isMove).map(comparePlatforms));
  return {
    recipe: name,
    news: found,
    upstreams: state?.upstreams ?? [],
    images: state?.images ?? [],
    patches: patches?.verdicts ?? [],
    packages: diffPackages(old, lock),
    platforms: platforms.filter((each) => each !== null),
    passedOver: news.get(name)?.passedOver ?? [],
  };
}

function pair<Value>(name: string, value: Value | undefined): readonly (readonly [string, Value])[] {
  return value === undefined ? [] : [[name, value]];
}
