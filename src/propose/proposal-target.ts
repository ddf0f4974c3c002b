import { canonicalJson } from '../lock/canonical-json.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import type { RecipeChange } from './change.ts';

/**
 * Gives what stands for what a merge request leads to: the digest of the commits and images that would be locked. Not of the
 * files: a newer forkwright that renders otherwise does not make another proposal of one that people declined.
 */
export function proposalTarget(recipes: readonly Pick<RecipeChange, 'recipe' | 'news'>[]): Digest {
  const facts = recipes.flatMap(({ recipe, news: { upstreams, images } }) => [
    ...upstreams.map((each) => [`${recipe} upstream ${each.key}`, `${each.new.commit} ${each.new.version}`] as const),
    ...images.flatMap(({ key, platforms }) =>
      platforms.map((each) => [`${recipe} image ${key} ${each.platform}`, each.new ?? ''] as const),
    ),
  ]);
  return digestOf(canonicalJson(Object.fromEntries(facts)));
}
