import { setMaxListeners } from 'node:events';
import pMap from 'p-map';
import { ForkwrightError } from '../../errors.ts';
import { hasFailed, type Finding } from '../../finding.ts';
import { lockPath } from '../../lock/lock.ts';
import { decideRecipes, type RecipeFacts } from '../../plan/decide.ts';
import { listMoves } from '../../plan/list-moves.ts';
import type { ImageStore, RecipePlan } from '../../plan/plan.ts';
import type { PublishedImage } from '../../plan/published-image.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { requireKnown } from '../../recipe/require-known.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import type { Invocation } from '../command.ts';
import { describeFailures } from '../describe-failures.ts';
import { openPublished, type OpenPublished } from '../find-published.ts';
import { openWorkbench } from '../lock/lock-recipes.ts';
import { openParents, withAncestors } from './family.ts';
import { seeRecipes, type Situation } from './situation.ts';
import { readLocks } from '../lock/read-locks.ts';

const AT_ONCE = 64;

export interface PlanRequest {
  /** Names; none for all. Those that they are built on are planned too. */
  readonly recipes: readonly string[];
  /** Whether locks are taken as they are: no upstream and no base is asked. */
  readonly isLocked: boolean;
  /** Where images are looked for; those of recipes that are not published always in out/. */
  readonly store: ImageStore;
  /** The image that a recipe is compared with in place of its own; null for none. */
  readonly against: { readonly recipe: string; readonly image: PublishedImage } | null;
}

export interface PlannedWorkspace {
  /** In the order in which they are built: none before those that it is built on. */
  readonly plans: readonly RecipePlan[];
  /** What they were decided by, by recipe. */
  readonly facts: ReadonlyMap<string, RecipeFacts>;
  readonly findings: readonly Finding[];
  /** Faults of the workspace keep it from being planned, unlike what could not be found out. */
  readonly isFaulty: boolean;
}

/**
 * Says of recipes of a workspace what would be built: with what they follow as it is now, against the images that are
 * there. Nothing is written but what is fetched into the cache. What cannot be found out makes a recipe's targets unknown,
 * with a finding of severity error. Throws `recipe.unknown-name`, `lock.circle`, `lock.unfit`, `workspace.*`, `render.*`.
 */
export async function planRecipes(request: PlanRequest, given: Invocation): Promise<PlannedWorkspace> {
  const invocation = { ...given, signal: AbortSignal.any([given.signal]) };
  // Every program and request that is under way listens to it, and takes its listener away.
  setMaxListeners(0, invocation.signal);
  const bench = await openWorkbench(invocation.root);
  const { workspace, findings: ofRecipes } = bench.load(new Map());
  const known = workspace.recipes.map(({ name }) => name);
  const { locks, findings: ofLocks } = await readLocks(workspace.root, known);
  // That nothing is pinned is what locks are for.
  const findings = [...ofRecipes.filter(({ code }) => code !== 'recipe.unpinned'), ...ofLocks];
  if (hasFailed(findings, false)) return { plans: [], facts: new Map(), findings, isFaulty: true };
  requireKnown(request.recipes, known);

  const listParents = openParents(workspace, (name) => locks.get(name)?.images);
  const wanted = withAncestors(request.recipes.length === 0 ? known : request.recipes, listParents);
  const { isLocked } = request;
  const situation = await seeRecipes({ workspace, locks, wanted, listParents, isLocked }, bench, invocation);
  const published = openPublished(invocation);
  const looks = await pMap(situation, (each) => look(each, request, published, invocation.signal), {
    concurrency: AT_ONCE,
  }).finally(published.close);
  const facts = new Map(looks.map((each) => [each.facts.recipe, each.facts]));
  return {
    plans: decideRecipes([...facts.values()]),
    facts,
    findings: [
      ...findings,
      ...looks.flatMap((each) => each.findings),
      ...situation.flatMap(({ fresh }) => fresh?.findings ?? []),
    ],
    isFaulty: false,
  };
}

interface Look {
  readonly facts: RecipeFacts;
  readonly findings: readonly Finding[];
}

/** Asks for the image of a recipe, where that can decide anything. */
async function look(
  { recipe, oldTags, before, fresh, inputs, parents, failedParents }: Situation,
  { store: wanted, against }: PlanRequest,
  published: OpenPublished,
  signal: AbortSignal,
): Promise<Look> {
  const { name, publish, targets } = recipe;
  const image = wanted === 'out' ? null : publish.image;
  const facts = {
    recipe: name,
    parents,
    lock: fresh?.standing ?? { state: 'missing' as const, changes: [] },
    store: image === null ? ('out' as const) : ('registry' as const),
    platforms: targets.map(({ platform }) => formatPlatform(platform)),
    inputs,
    published: null,
    moves: before === null ? [] : listMoves(before, fresh?.lock ?? before),
  };
  if (fresh === null) return { facts: { ...facts, obstacle: 'there is no lock' }, findings: [describeMissing(recipe)] };
  const [failure] = fresh.failures;
  if (failure !== undefined) {
    const obstacle =
      failure.code === 'lock.no-parent' && failedParents.length > 0
        ? `it is built on ${failedParents.join(', ')}, and what that is built from is not known`
        : sayWhere(failure, recipe);
    return { facts: { ...facts, obstacle }, findings: describeFailures(recipe, fresh.failures).map(soften) };
  }
  if (against?.recipe === name) return { facts: { ...facts, obstacle: null, published: against.image }, findings: [] };
  try {
    const where = { recipe: name, image, tags: [...publish.tags, ...oldTags] };
    return { facts: { ...facts, obstacle: null, published: await published.find(where, inputs) }, findings: [] };
  } catch (error) {
    if (signal.aborted || !(error instanceof ForkwrightError)) throw error;
    return { facts: { ...facts, obstacle: sayWhere(error, recipe) }, findings: describeFailures(recipe, [error]) };
  }
}

function sayWhere({ place, message }: ForkwrightError, { file }: ResolvedRecipe): string {
  return place === undefined || place === file ? message : `${place}: ${message}`;
}

/** That something is not locked is how it is; nothing has failed. */
function soften(finding: Finding): Finding {
  const isState = finding.code === 'lock.not-locked' || finding.code === 'lock.no-parent';
  return isState ? { ...finding, severity: 'warning' } : finding;
}

function describeMissing({ name, file }: ResolvedRecipe): Finding {
  const hint = `run \`forkwright lock ${name}\` and commit ${lockPath(name)}`;
  const text = 'there is no lock: what it would be built from is not known';
  return { code: 'lock.missing', severity: 'warning', place: file, text, hint };
}
