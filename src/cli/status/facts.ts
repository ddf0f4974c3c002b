import pMap from 'p-map';
import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { known, type Asked } from '../../fleet/asked.ts';
import { listFollowed, type FollowedUpstream } from '../../fleet/grade-upstream.ts';
import type { ForkFacts, UpstreamFacts } from '../../fleet/fork-facts.ts';
import type { PublishedImage } from '../../plan/published-image.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import type { CheckDeps } from '../../upstream/check-deps.ts';
import { checkRecipes } from '../../upstream/check-recipes.ts';
import { failureOf } from '../../upstream/failure.ts';
import { findForge, readGitUrl } from '../../upstream/forge.ts';
import { readHistory } from '../../upstream/history.ts';
import { pinsOfRecipe } from '../../upstream/pins.ts';
import { remember } from '../../upstream/remember.ts';
import { seeImage } from '../../upstream/sight-image.ts';
import type { RecipeState, UpstreamState } from '../../upstream/state.ts';
import type { LockFacts } from './locks.ts';
import type { OpenPublished } from '../find-published.ts';
import type { FindProposal } from './proposals.ts';
import type { TryPatches } from './patches.ts';

const AT_ONCE = 64;

export interface FactsDeps {
  readonly check: CheckDeps;
  readonly images: Pick<OpenPublished, 'find'>;
  readonly locks: LockFacts;
  readonly findProposal: FindProposal;
  readonly tryPatches: TryPatches;
}

/** What was observed of recipes, and a finding of severity error for all that should have been and was not. */
export interface GatheredFacts {
  readonly facts: readonly ForkFacts[];
  readonly findings: readonly Finding[];
}

/** Observes all that recipes are made from, and what became of them; in their order. Throws as `checkRecipes`. */
export async function gatherFacts(recipes: readonly ResolvedRecipe[], deps: FactsDeps): Promise<GatheredFacts> {
  const states = await checkRecipes(recipes.map(pinsOfRecipe), deps.check);
  const readAge = remember((found: { git: string; ref: string; commit: string }) => readNewest(found, deps.check));
  const gathered = await pMap(
    recipes,
    async (recipe, index) => {
      const state = states[index] ?? { recipe: recipe.name, verdict: 'unknown', upstreams: [], images: [] };
      return gatherRecipe(recipe, state, readAge, deps);
    },
    { concurrency: AT_ONCE },
  );
  return { facts: gathered.map(({ facts }) => facts), findings: gathered.flatMap(({ findings }) => findings) };
}

type ReadAge = (found: { git: string; ref: string; commit: string }) => Promise<Asked<number>>;

async function gatherRecipe(
  recipe: ResolvedRecipe,
  state: RecipeState,
  readAge: ReadAge,
  deps: FactsDeps,
): Promise<{ readonly facts: ForkFacts; readonly findings: readonly Finding[] }> {
  const failures: Finding[] = [];
  const ask = async <Value>(what: string, asking: () => Promise<Asked<Value>>): Promise<Asked<Value>> => {
    try {
      return await asking();
    } catch (error) {
      const { text, hint } = failureOf(error, deps.check.signal);
      failures.push({ code: 'status.unknown', severity: 'error', place: recipe.file, text: `${what}: ${text}`, hint });
      return { state: 'unknown', reason: text };
    }
  };
  const followed = listFollowed(recipe);
  const [upstreams, patches, theirPlatforms, published, proposal] = await Promise.all([
    Promise.all(
      state.upstreams.map(async (seen, index): Promise<UpstreamFacts> => {
        const own = followed[index];
        return {
          newestSeconds: await ask('the age of its upstream', () => findNewest(own, seen, readAge)),
          hasForge: own !== undefined && findForge(own.upstream.git, deps.check.env) !== null,
        };
      }),
    ),
    ask('its patches', () => deps.tryPatches(recipe)),
    ask("upstream's own image", () => findTheirPlatforms(recipe, deps.check)),
    ask('what is published of it', () => findPublished(recipe, deps)),
    ask('its merge request', () => deps.findProposal(recipe)),
  ]);
  const seen = [...state.upstreams, ...state.images].flatMap(({ findings }) => findings);
  const facts = {
    recipe,
    state,
    upstreams,
    inputs: deps.locks.inputs.get(recipe.name) ?? new Map(),
    lockFaults: deps.locks.faults.get(recipe.name) ?? [],
    patches,
    theirPlatforms,
    published,
    proposal,
  };
  // What the others say is in the signs.
  return { facts, findings: [...seen.filter(({ severity }) => severity === 'error'), ...failures] };
}

/** The lock knows it of what is locked; of what is new the history does, which measuring the distance has fetched. */
async function findNewest(
  followed: FollowedUpstream | undefined,
  { found, verdict, reason }: UpstreamState,
  readAge: ReadAge,
): Promise<Asked<number>> {
  if (followed === undefined || found === null || verdict === 'unknown') return { state: 'unknown', reason };
  const { upstream, locked } = followed;
  if (locked?.commit === found.commit) return known(locked.epochSeconds);
  return readAge({ git: upstream.git, ref: found.ref, commit: found.commit });
}

async function readNewest(
  { git, ref, commit }: { readonly git: string; readonly ref: string; readonly commit: string },
  deps: CheckDeps,
): Promise<Asked<number>> {
  const nowSeconds = Math.floor(deps.nowMs() / 1000);
  const reading = () => readHistory(git, { ref, commit }, nowSeconds, deps);
  const history = await deps.limit(readGitUrl(git)?.host ?? '', reading);
  if (history !== null) return known(history.lastCommitSeconds);
  return { state: 'unknown', reason: 'its history is not in this cache' };
}

async function findTheirPlatforms(
  { parity }: ResolvedRecipe,
  deps: CheckDeps,
): Promise<Asked<readonly string[] | null>> {
  if (parity === null) return { state: 'not-asked', reason: "the recipe names no image of upstream's" };
  const { observation, failure } = await seeImage(parity.image, deps);
  if (failure !== null) {
    const { code, text, hint } = failure;
    throw new ForkwrightError(code, text, hint === null ? {} : { hint });
  }
  if (observation === null) return { state: 'unknown', reason: 'it was never looked at with this cache' };
  if (observation.digest === null) return known(null);
  return known(observation.manifests.map(({ platform }) => platform));
}

async function findPublished(
  { name, publish: { image, tags } }: ResolvedRecipe,
  { images, locks, check }: FactsDeps,
): Promise<Asked<PublishedImage | null>> {
  if (image === null) return { state: 'not-asked', reason: 'the recipe publishes nothing' };
  if (check.isOffline) return { state: 'not-asked', reason: 'nobody is asked offline' };
  return known(await images.find({ recipe: name, image, tags }, locks.inputs.get(name) ?? new Map()));
}
