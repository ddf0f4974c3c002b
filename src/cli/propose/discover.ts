import { parseReference } from '../../oci/reference.ts';
import { diffPlatforms, type PlatformChange } from '../../propose/change.ts';
import type { ImageNews } from '../../propose/news.ts';
import type { ProposeSettings } from '../../recipe/resolve-propose.ts';
import type { LookUps } from '../../lock/look-ups.ts';
import type { RecipeLock } from '../../lock/lock.ts';
import type { Workspace } from '../../recipe/target.ts';
import { loadTemplates } from '../../render/load-templates.ts';
import { readGenerated } from '../../render/read-generated.ts';
import { checkRecipes } from '../../upstream/check-recipes.ts';
import { failureOf } from '../../upstream/failure.ts';
import { pinsOfRecipe } from '../../upstream/pins.ts';
import type { RecipeState } from '../../upstream/state.ts';
import type { Invocation } from '../command.ts';
import { openLookUps } from '../lock/look-ups.ts';
import { withCheckDeps } from '../open-check.ts';
import { findRecipeNews } from './news.ts';
import { draftProposals, type WantedDrafts } from './wanted.ts';

export interface DiscoverJob {
  /** All recipes, resolved with their locks. */
  readonly workspace: Workspace;
  readonly locks: ReadonlyMap<string, RecipeLock>;
  readonly settings: ProposeSettings;
  /** The recipes that are asked for; null for all. */
  readonly only: ReadonlySet<string> | null;
  /** From the root of the repository to the workspace. */
  readonly prefix: string;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/**
 * Looks at everything that recipes are built from, and makes the merge requests that its news lead to. Throws `lock.circle`,
 * `render.template`, and as `withCheckDeps`.
 */
export async function discover(job: DiscoverJob, invocation: Invocation): Promise<WantedDrafts> {
  const { workspace, locks, settings, only, nowMs } = job;
  // Whose news are the same is known when all are.
  const isLooked = (name: string) => only === null || settings.groupsByBase || only.has(name);
  const looked = workspace.recipes.filter(({ name }) => isLooked(name) && locks.has(name));
  const states = await inTask(
    `checking ${looked.length} recipe${looked.length === 1 ? '' : 's'}`,
    'checked',
    invocation,
    () =>
      withCheckDeps({ isOffline: false, nowMs, mirrors: workspace.settings.mirrors }, invocation, (deps) =>
        checkRecipes(looked.map(pinsOfRecipe), deps),
      ),
  );
  const { lookUps, close } = openLookUps(workspace, invocation);
  try {
    return await inTask('working out what is to be proposed', 'worked out', invocation, async () => {
      const today = new Date(nowMs()).toISOString().slice(0, 10);
      const names = looked.map(({ name }) => name);
      const byName = new Map<string, RecipeState>(states.map((state) => [state.recipe, state]));
      const asked = { workspace, locks, recipes: names, ignore: settings.ignore, today, states: byName, lookUps };
      const found = await findRecipeNews(asked, invocation);
      const [{ templates }, generated] = await Promise.all([
        loadTemplates(workspace.root),
        readGenerated(workspace.root),
      ]);
      const comparePlatforms = createComparison(lookUps, invocation);
      return draftProposals({ ...job, ...found, states: byName, templates, generated, comparePlatforms }, invocation);
    });
  } finally {
    await close();
  }
}

async function inTask<Result>(
  doing: string,
  done: string,
  { progress }: Pick<Invocation, 'progress'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const task = progress.task(doing, null);
  try {
    const result = await work();
    task.done(done);
    return result;
  } catch (error) {
    task.fail(`not ${done}`);
    throw error;
  }
}

/** Each image is asked for once, however many recipes have it. */
function createComparison({ image: lookUp }: Pick<LookUps, 'image'>, { signal }: Pick<Invocation, 'signal'>) {
  const asked = new Map<string, Promise<PlatformChange | null>>();
  const compare = async ({ key, name, old, new: fresh }: ImageNews): Promise<PlatformChange | null> => {
    const [before, now] = [old?.index ?? null, fresh?.index ?? null];
    if (before === null || now === null || before === now) return null;
    const reference = parseReference(key);
    try {
      const [was, is] = await Promise.all([before, now].map((digest) => lookUp({ ...reference, digest }, [])));
      return was === undefined || is === undefined ? null : diffPlatforms(name, was.listed, is.listed);
    } catch (error) {
      // Registries do not keep for ever what no tag stands for.
      failureOf(error, signal);
      return null;
    }
  };
  return (news: ImageNews) => {
    const id = JSON.stringify([news.key, news.old?.index, news.new?.index]);
    const known = asked.get(id) ?? compare(news);
    asked.set(id, known);
    return known;
  };
}
