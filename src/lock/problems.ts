import { ForkwrightError } from '../errors.ts';

/** Collects what keeps recipes from being locked, so that the others are locked all the same. */
export interface Problems {
  /** Gives what `work` gives; null where it throws an error that is expected, which is then the recipe's. */
  readonly attempt: <Result>(recipe: string, work: () => Result | Promise<Result>) => Promise<Result | null>;
  /** Those of a recipe, each once. */
  readonly of: (recipe: string) => readonly ForkwrightError[];
}

/** Opens a collection. An interruption is never collected: it is thrown. */
export function collectProblems(signal: AbortSignal): Problems {
  const problems = new Map<string, Map<string, ForkwrightError>>();
  return {
    attempt: async (recipe, work) => {
      try {
        return await work();
      } catch (error) {
        if (signal.aborted || !(error instanceof ForkwrightError)) throw error;
        const own = problems.get(recipe) ?? new Map<string, ForkwrightError>();
        problems.set(recipe, own.set(JSON.stringify([error.code, error.place, error.message]), error));
        return null;
      }
    },
    of: (recipe) => [...(problems.get(recipe)?.values() ?? [])],
  };
}
