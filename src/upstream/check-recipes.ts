import pMap from 'p-map';
import type { Upstream } from '../recipe/target.ts';
import type { CheckDeps } from './check-deps.ts';
import { chooseRef, type ChosenRef } from '../source/choose-ref.ts';
import { failureOf } from './failure.ts';
import { readGitUrl } from './forge.ts';
import { measureDistance } from './history.ts';
import { judgeImage } from './judge-image.ts';
import { judgeUpstream, NO_DISTANCE, type DistanceSight } from './judge-upstream.ts';
import { askLicenceAt, observeUpstream, type UpstreamSight } from './observe-upstream.ts';
import { remember } from './remember.ts';
import { createImageSights } from './sight-image.ts';
import { worstVerdict, type Pinned, type RecipeState } from './state.ts';

/** What waits for its host costs nothing but memory. */
const AT_ONCE = 256;

/**
 * Says of everything that recipes are built from whether it has moved; in the order of `pinned`. Every upstream and every
 * image is asked for once, however many recipes have it, all at once but for the limit per host. What could not be
 * found out is `unknown` in the result, with a finding of severity error. Throws `cache.write-failed`,
 * `upstream.bad-setting`, and where git cannot be run.
 */
export async function checkRecipes(pinned: readonly Pinned[], deps: CheckDeps): Promise<readonly RecipeState[]> {
  const sights = remember((git: string) => observeUpstream(git, deps));
  const ways = remember((way: Way) => measure(way, deps));
  const imageSights = createImageSights(deps);
  return pMap(
    pinned,
    async ({ recipe, place, upstreams: followed, images: used }): Promise<RecipeState> => {
      const [upstreamStates, imageStates] = await Promise.all([
        Promise.all(
          followed.map(async (upstream) => {
            const sight = await sights(upstream.git);
            const way = findWay(upstream, sight);
            return judgeUpstream(upstream, sight, way === null ? NO_DISTANCE : await ways(way), place);
          }),
        ),
        Promise.all(used.map(async (image) => judgeImage(image, await imageSights(image), place))),
      ]);
      const verdicts = [...upstreamStates, ...imageStates].map(({ verdict }) => verdict);
      return { recipe, verdict: worstVerdict(verdicts), upstreams: upstreamStates, images: imageStates };
    },
    { concurrency: AT_ONCE },
  );
}

interface Way {
  readonly git: string;
  readonly pinned: string;
  readonly found: ChosenRef;
}

/** Null where there is nothing to measure. */
function findWay({ git, track, commit: pinned }: Upstream, { observation, refsFailure }: UpstreamSight): Way | null {
  const found = chooseRef(track, new Map(observation.refs?.list));
  if (found === null || pinned === null || refsFailure !== null || found.commit === pinned) return null;
  return { git, pinned, found };
}

async function measure({ git, pinned, found }: Way, deps: CheckDeps): Promise<DistanceSight> {
  const host = readGitUrl(git)?.host ?? '';
  const licence = await askLicenceAt(git, pinned, deps);
  try {
    const distance = await deps.limit(host, () => measureDistance(git, pinned, found, deps));
    return { distance, failure: null, licence };
  } catch (error) {
    return { distance: null, failure: failureOf(error, deps.signal), licence };
  }
}
