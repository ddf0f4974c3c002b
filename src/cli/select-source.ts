import { ForkwrightError } from '../errors.ts';
import { formatPlatform } from '../platform/platform.ts';
import type { ResolvedRecipe, Upstream } from '../recipe/target.ts';

/** What a recipe is built from. */
export interface RecipeSource {
  readonly upstream: Upstream;
  /** Relative to the workspace. */
  readonly patches: readonly string[];
}

/**
 * Gives the one source of a recipe, for what has room for one only: a folder, a fork's branch. Throws `source.no-upstream`,
 * and `source.several` where its platforms have different ones.
 */
export function selectSource({ file, targets }: ResolvedRecipe): RecipeSource {
  const sources = targets.flatMap(({ platform, upstream, patches }) =>
    upstream === null ? [] : [{ platform: formatPlatform(platform), upstream, patches }],
  );
  const [first] = sources;
  if (first === undefined) {
    throw new ForkwrightError('source.no-upstream', 'the recipe has no upstream', {
      place: file,
      hint: 'add upstream: with its git, branch and commit',
    });
  }
  const key = ({ upstream, patches }: (typeof sources)[number]) => JSON.stringify([upstream, patches]);
  const other = sources.find((source) => key(source) !== key(first));
  if (other === undefined) return first;
  throw new ForkwrightError(
    'source.several',
    `${first.platform} and ${other.platform} are built from different sources`,
    {
      place: file,
      hint: 'say upstream and patches once, beside platforms; a patch can ask for the platform itself',
    },
  );
}
