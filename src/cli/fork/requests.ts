import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import type { ForkRequest } from '../../forge/fork-sync.ts';
import { pinnedBranch } from '../../forge/fork-refs.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import { toFinding } from '../error-finding.ts';
import { selectSource } from '../select-source.ts';

/** What is asked of forks, and what keeps recipes from having theirs. */
export interface ForkRequests {
  readonly requests: readonly ForkRequest[];
  /** By the name of the recipe. */
  readonly refused: ReadonlyMap<string, Finding>;
}

/**
 * Makes the requests for all recipes that have a fork; a recipe of `named` without one is refused. Branches that two recipes
 * want in one fork at different commits are contested in both. Findings: `fork.none`, `fork.unpinned`, `source.no-upstream`,
 * `source.several`.
 */
export function listRequests(recipes: readonly ResolvedRecipe[], named: readonly string[]): ForkRequests {
  const requests: Omit<ForkRequest, 'contested'>[] = [];
  const refused = new Map<string, Finding>();
  for (const recipe of recipes) {
    if (recipe.fork === null && !named.includes(recipe.name)) continue;
    try {
      requests.push(makeRequest(recipe));
    } catch (error) {
      if (!(error instanceof ForkwrightError)) throw error;
      refused.set(recipe.name, toFinding(error));
    }
  }
  return {
    requests: requests.map((request) => ({ ...request, contested: findContested(request, requests) })),
    refused,
  };
}

function makeRequest(recipe: ResolvedRecipe): Omit<ForkRequest, 'contested'> {
  const { name, file, fork, description } = recipe;
  if (fork === null) {
    const hint = 'add fork: with the path of its project, like "{group}/tool"';
    throw new ForkwrightError('fork.none', 'the recipe does not say where its fork is', { place: file, hint });
  }
  const { upstream, patches } = selectSource(recipe);
  const { commit } = upstream;
  if (commit === null) {
    const hint = `run \`forkwright lock ${name}\``;
    throw new ForkwrightError('fork.unpinned', 'no commit is pinned that could be pushed', { place: file, hint });
  }
  return { recipe: name, description, fork, upstream: { ...upstream, commit }, patches };
}

function findContested(
  { recipe, fork, upstream }: Omit<ForkRequest, 'contested'>,
  all: readonly Omit<ForkRequest, 'contested'>[],
): ReadonlyMap<string, string> {
  const branch = pinnedBranch(upstream);
  const rival = all.find(
    (other) =>
      other.recipe !== recipe &&
      other.fork === fork &&
      pinnedBranch(other.upstream) === branch &&
      other.upstream.commit !== upstream.commit,
  );
  return new Map(rival === undefined ? [] : [[branch, rival.recipe]]);
}
