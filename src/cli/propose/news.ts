import pMap from 'p-map';
import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { EMPTY_LOCK, type RecipeLock } from '../../lock/lock.ts';
import type { LookUps } from '../../lock/look-ups.ts';
import { collectProblems } from '../../lock/problems.ts';
import { findNews, type News } from '../../propose/news.ts';
import type { PinMove } from '../../propose/pin-move.ts';
import { settleLock, type PassedOver } from '../../propose/settle-lock.ts';
import type { IgnoreRule } from '../../recipe/resolve-propose.ts';
import type { Workspace } from '../../recipe/target.ts';
import type { RecipeState } from '../../upstream/state.ts';
import type { Invocation } from '../command.ts';
import { toFinding } from '../error-finding.ts';
import { lockRecipes } from '../lock/lock-recipes.ts';
import { lookAtPins } from './pins.ts';

const LOOKS_AT_ONCE = 16;

export interface NewsJob {
  readonly workspace: Workspace;
  /** Of all recipes that have one. */
  readonly locks: ReadonlyMap<string, RecipeLock>;
  /** Names of recipes that have a lock. */
  readonly recipes: readonly string[];
  readonly ignore: readonly IgnoreRule[];
  /** `2026-11-21`, in UTC. */
  readonly today: string;
  /** What `check` says, by recipe. */
  readonly states: ReadonlyMap<string, RecipeState>;
  readonly lookUps: LookUps;
}

/** What is new of a recipe. */
export interface RecipeNews {
  readonly news: News;
  /** What is to be locked anew; see SettledLock. */
  readonly lock: RecipeLock;
  /** Where the commits go that the recipe names itself. */
  readonly moves: readonly PinMove[];
  /** Those that stay, since what is followed is not known to be newer. */
  readonly apart: readonly PinMove[];
  readonly passedOver: readonly PassedOver[];
}

export interface FoundNews {
  /** By recipe; also of those that have none. */
  readonly news: ReadonlyMap<string, RecipeNews>;
  /** Why of others it is not known. */
  readonly failures: ReadonlyMap<string, readonly Finding[]>;
}

/**
 * Looks at what recipes follow, and says what is new since they were locked. What is not to be found out for one of them
 * does not keep it from the others. Throws `lock.circle`, and what loading throws.
 */
export async function findRecipeNews(job: NewsJob, invocation: Pick<Invocation, 'signal'>): Promise<FoundNews> {
  const { workspace, locks, recipes, ignore, today, states, lookUps } = job;
  const open = new Map(locks);
  // As with `lock --update upstream` and `--update base`; what the last build installed stays.
  for (const name of recipes) open.set(name, { ...EMPTY_LOCK, targets: locks.get(name)?.targets ?? new Map() });
  const asking = { ...lookUps, upstreamDockerfile: withoutPatchFaults(lookUps.upstreamDockerfile) };
  const request = { workspace, locks: open, recipes, update: new Set<never>(), lookUps: asking };
  const made = await lockRecipes(request, invocation);
  const news = new Map<string, RecipeNews>();
  const failures = new Map<string, readonly Finding[]>();
  const problems = collectProblems(invocation.signal);
  const pins = await pMap(
    made,
    ({ recipe, lock }) => {
      const state = states.get(recipe.name) ?? null;
      return problems.attempt(recipe.name, () => lookAtPins(recipe, lock, state, lookUps.upstream));
    },
    { concurrency: LOOKS_AT_ONCE },
  );
  for (const [index, { recipe, lock: fresh, failures: own }] of made.entries()) {
    const { name } = recipe;
    const old = locks.get(name) ?? EMPTY_LOCK;
    const ofPins = pins[index] ?? null;
    const faults = [...own, ...problems.of(name)];
    if (ofPins === null || faults.length > 0) failures.set(name, faults.map(toFinding));
    else {
      const { lock, moves, passedOver } = settleLock(name, old, fresh, ignore, today, ofPins.moves);
      news.set(name, { news: findNews(old, lock, moves), lock, moves, apart: ofPins.apart, passedOver });
    }
  }
  return { news, failures };
}

/** Patches may not fit the new commit yet: the images that upstream's own Dockerfile names are looked up once they do. */
function withoutPatchFaults(ask: LookUps['upstreamDockerfile']): LookUps['upstreamDockerfile'] {
  return async (target) => {
    try {
      return await ask(target);
    } catch (error) {
      if (error instanceof ForkwrightError && error.code === 'source.patch-conflict') return null;
      throw error;
    }
  };
}
