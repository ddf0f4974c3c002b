import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import type { RecipeLock } from '../../lock/lock.ts';
import { formatTrack, upstreamKey } from '../../lock/upstream-key.ts';
import { judgePin, listPins } from '../../propose/pin-move.ts';
import { maskCredentials } from '../../recipe/quoted.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import { chooseRef } from '../../source/choose-ref.ts';
import type { Refs } from '../../source/list-refs.ts';
import { shortRef } from '../../upstream/judge-upstream.ts';

/**
 * Says which of the commits that a recipe, resolved with its lock, names itself are behind what it follows: no lock says so.
 * What cannot be found out is said as well; nothing of the plan depends on it.
 */
export async function describePinsBehind(
  recipe: ResolvedRecipe,
  lock: RecipeLock,
  refsOf: (git: string) => Promise<Refs>,
): Promise<readonly Finding[]> {
  const looks = listPins(recipe, lock).map(async (upstream): Promise<readonly Finding[]> => {
    const from = lock.upstreams.get(upstreamKey(upstream));
    if (from === undefined) return [];
    const followed = `${maskCredentials(upstream.git)} ${formatTrack(upstream.track)}`;
    const note = (code: string, text: string, hint: string | null): readonly Finding[] => {
      return [{ code, severity: 'note', place: recipe.file, text: `${followed} ${text}`, hint }];
    };
    try {
      const to = chooseRef(upstream.track, await refsOf(upstream.git));
      if (to === null || judgePin(from, { upstream, to }, null) !== 'newer') return [];
      const text = `is ${shortRef(to.ref)} at ${to.commit.slice(0, 12)}, and the recipe names ${from.commit.slice(0, 12)}`;
      return note('plan.pin-behind', text, `run \`forkwright propose ${recipe.name}\`, or change upstream.commit`);
    } catch (error) {
      if (!(error instanceof ForkwrightError)) throw error;
      return note('plan.pin-unknown', `may be newer than what the recipe names: ${error.message}`, error.hint ?? null);
    }
  });
  return (await Promise.all(looks)).flat();
}
