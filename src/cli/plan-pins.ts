import { ForkwrightError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import type { RecipeLock } from '../lock/lock.ts';
import { formatTrack, upstreamKey } from '../lock/upstream-key.ts';
import { judgePin, listPins } from '../propose/pin-move.ts';
import { maskCredentials } from '../recipe/quoted.ts';
import type { ResolvedRecipe } from '../recipe/target.ts';
import { chooseRef } from '../source/choose-ref.ts';
import type { Refs } from '../source/list-refs.ts';
import { shortRef } from '../upstream/judge-upstream.ts';

/**
 * Says which of the commits that a recipe, resolved with its lock, names itself are behind what it follows. No lock says
 * so, and nobody is asked for it: `askedRefs` gives the refs of repositories that were asked anyway, null for others.
 */
export async function describePinsBehind(
  recipe: ResolvedRecipe,
  lock: RecipeLock,
  askedRefs: (git: string) => Promise<Refs> | null,
): Promise<readonly Finding[]> {
  const looks = listPins(recipe, lock).map(async (upstream): Promise<readonly Finding[]> => {
    const from = lock.upstreams.get(upstreamKey(upstream));
    const refs = await settle(askedRefs(upstream.git));
    const to = refs === null ? null : chooseRef(upstream.track, refs);
    if (from === undefined || to === null || judgePin(from, { upstream, to }, null) !== 'newer') return [];
    const followed = `${maskCredentials(upstream.git)} ${formatTrack(upstream.track)}`;
    const text = `${followed} is ${shortRef(to.ref)} at ${to.commit.slice(0, 12)}, and the recipe names ${from.commit.slice(0, 12)}`;
    const hint = `run \`forkwright propose ${recipe.name}\`, or change upstream.commit`;
    return [{ code: 'plan.pin-behind', severity: 'note', place: recipe.file, text, hint }];
  });
  return (await Promise.all(looks)).flat();
}

/** Whoever asked says why there was no answer. */
async function settle(refs: Promise<Refs> | null): Promise<Refs | null> {
  try {
    return await refs;
  } catch (error) {
    if (error instanceof ForkwrightError) return null;
    throw error;
  }
}
