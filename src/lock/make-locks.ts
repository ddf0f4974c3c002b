import pMap from 'p-map';
import type { ForkwrightError } from '../errors.ts';
import { compareText } from '../platform/order.ts';
import { formatPlatform } from '../platform/platform.ts';
import type { ResolvedRecipe, Target } from '../recipe/target.ts';
import type { HashedDockerfile } from './hashed-dockerfile.ts';
import { listArtifacts, listWorkspaceFiles } from './list-inputs.ts';
import { listImages } from './list-images.ts';
import { lockImages, type ImageJob } from './lock-images.ts';
import { lockTargets, onlyInstalled, requireParents } from './lock-targets.ts';
import { lockUpstreams } from './lock-upstreams.ts';
import { EMPTY_LOCK, type LockedTarget, type RecipeLock } from './lock.ts';
import type { LookUps, UpdateGroup } from './look-ups.ts';
import { orderByParents, parentsOf } from './parents.ts';
import { collectProblems, type Problems } from './problems.ts';

const RECIPES_AT_ONCE = 16;

export interface LockRequest {
  /** Names of recipes of the workspace. */
  readonly recipes: readonly string[];
  readonly update: ReadonlySet<UpdateGroup>;
  /** The locks that there are, of all recipes. */
  readonly locks: ReadonlyMap<string, RecipeLock>;
}

export interface LockDeps {
  /** Gives all recipes of the workspace, resolved with these locks and no others. */
  readonly load: (locks: ReadonlyMap<string, RecipeLock>) => Promise<readonly ResolvedRecipe[]>;
  readonly render: (recipe: ResolvedRecipe, target: Target) => HashedDockerfile;
  readonly lookUps: LookUps;
  readonly signal: AbortSignal;
}

/** What became of the lock of a recipe. */
export interface MadeLock {
  readonly recipe: ResolvedRecipe;
  /** As far as it could be made: all of it where there are no failures. */
  readonly lock: RecipeLock;
  readonly failures: readonly ForkwrightError[];
}

/**
 * Makes the locks of recipes, in the order of their names. What is locked stays, unless its group is updated or the recipe says
 * something else by now. What several recipes have in common is looked up once, and much at a time. One recipe that
 * cannot be locked does not keep the others from it. Throws `lock.circle`, and what interrupts.
 */
export async function makeLocks(request: LockRequest, deps: LockDeps): Promise<readonly MadeLock[]> {
  const { recipes: names, locks, update } = request;
  const { load, lookUps, signal } = deps;
  const problems = collectProblems(signal);
  const others = [...locks].filter(([name]) => !names.includes(name));
  const pick = (recipes: readonly ResolvedRecipe[]) => recipes.filter(({ name }) => names.includes(name));
  const beforeOf = (name: string) => locks.get(name) ?? EMPTY_LOCK;

  // What {version} is follows from the commits, and the names of images may follow from it.
  const upstreams = new Map<string, RecipeLock>();
  await each(pick(await load(new Map())), async (recipe) => {
    const before = update.has('upstream') ? EMPTY_LOCK : beforeOf(recipe.name);
    const locked = await lockUpstreams(recipe, before, lookUps.upstream, problems);
    upstreams.set(recipe.name, { ...EMPTY_LOCK, upstreams: locked });
  });
  const versioned = await load(new Map([...others, ...upstreams]));
  const jobs = await each(pick(versioned), async (recipe): Promise<ImageJob> => {
    const before = update.has('base') ? EMPTY_LOCK : beforeOf(recipe.name);
    const texts = await readTexts(recipe, deps, problems);
    const isComplete = texts.every(({ target, upstreamDockerfile }) => {
      return target.build.kind !== 'dockerfile' || upstreamDockerfile !== null;
    });
    return { recipe, images: listImages(texts, versioned), before: before.images, isComplete };
  });
  const images = await lockImages(jobs, lookUps.image, problems);
  const known = new Set(versioned.map(({ name }) => name));
  const inputs = new Map<string, RecipeLock>();
  await each(pick(versioned), async (recipe) => {
    inputs.set(recipe.name, {
      upstreams: upstreams.get(recipe.name)?.upstreams ?? new Map(),
      images: images.get(recipe.name) ?? new Map(),
      files: await hashFiles(recipe, known, lookUps, problems),
      artifacts: new Map(recipe.targets.flatMap((target) => [...listArtifacts(target)])),
      targets: new Map(),
    });
  });
  return finish(await load(new Map([...others, ...inputs])), inputs, request, deps, problems);
}

/** Adds what follows from all else, parents first. */
async function finish(
  recipes: readonly ResolvedRecipe[],
  inputs: ReadonlyMap<string, RecipeLock>,
  { recipes: names, locks, update }: LockRequest,
  { render, lookUps }: LockDeps,
  problems: Problems,
): Promise<readonly MadeLock[]> {
  const byName = new Map(recipes.map((recipe) => [recipe.name, recipe]));
  const known = new Map<string, RecipeLock | null>(recipes.map(({ name }) => [name, locks.get(name) ?? null]));
  const listParents = (name: string) => {
    const recipe = byName.get(name);
    return recipe === undefined ? [] : parentsOf(recipe, inputs.get(name)?.images ?? new Map(), known);
  };
  const made: MadeLock[] = [];
  for (const name of orderByParents(names, listParents)) {
    const [recipe, lock] = [byName.get(name), inputs.get(name)];
    if (recipe === undefined || lock === undefined) continue;
    const targets = await problems.attempt(name, async () => {
      requireParents(recipe, listParents(name), known);
      const patchDates = await readPatchDates(recipe, lookUps);
      const packages = await listPackages(recipe, locks.get(name) ?? EMPTY_LOCK, update, lookUps);
      const renderTarget = (target: Target) => render(recipe, target);
      return lockTargets(recipe, { lock, renderTarget, packages, patchDates, locks: known });
    });
    const whole = { ...lock, targets: targets ?? new Map() };
    const failures = problems.of(name);
    known.set(name, failures.length === 0 ? whole : null);
    made.push({ recipe, lock: whole, failures });
  }
  return made.toSorted((a, b) => compareText(a.recipe.name, b.recipe.name));
}

async function readTexts(recipe: ResolvedRecipe, { render, lookUps }: LockDeps, problems: Problems) {
  const texts = await each(recipe.targets, (target) =>
    problems.attempt(recipe.name, async () => {
      const isUpstreams = target.build.kind === 'dockerfile' && target.pins.upstream !== null;
      const upstreamDockerfile = isUpstreams ? await lookUps.upstreamDockerfile(target) : null;
      return { target, dockerfile: render(recipe, target).rendered, upstreamDockerfile };
    }),
  );
  return texts.filter((text) => text !== null);
}

async function hashFiles(
  { name, targets }: ResolvedRecipe,
  recipes: ReadonlySet<string>,
  { fileHash }: LookUps,
  problems: Problems,
): Promise<RecipeLock['files']> {
  const paths = targets.flatMap((target) => [...target.patches, ...listWorkspaceFiles(target, recipes)]);
  const hashed = await each([...new Set(paths)], async (path) => {
    const digest = await problems.attempt(name, () => fileHash(path));
    return digest === null ? [] : [[path, digest] as const];
  });
  return new Map(hashed.flat());
}

async function readPatchDates({ targets }: ResolvedRecipe, { patchDate }: LookUps) {
  const paths = new Set(targets.flatMap(({ patches }) => patches));
  const dates = await each([...paths], async (path) => [path, await patchDate(path)] as const);
  return new Map(dates.flatMap(([path, date]) => (date === null ? [] : [[path, date] as const])));
}

/** Versions come in with an update only: they are of what was built, and must not make it out of date at once. */
async function listPackages(
  { targets }: ResolvedRecipe,
  before: RecipeLock,
  update: ReadonlySet<UpdateGroup>,
  { packages }: LookUps,
): Promise<ReadonlyMap<string, LockedTarget['packages']>> {
  const listed = await each(targets, async (target) => {
    const platform = formatPlatform(target.platform);
    const old = before.targets.get(platform)?.packages ?? new Map<string, string>();
    const isAsked = update.has('packages') && target.image.packages.length > 0;
    const found = isAsked ? await packages(target) : null;
    return [platform, onlyInstalled(target, found ?? old)] as const;
  });
  return new Map(listed);
}

function each<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  return pMap(items, work, { concurrency: RECIPES_AT_ONCE });
}
