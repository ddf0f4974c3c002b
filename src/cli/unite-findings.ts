import type { Finding } from '../finding.ts';

/** What was found while a recipe was worked on. */
export interface RecipeFindings {
  /** `recipes/tool.yaml`. */
  readonly file: string;
  readonly findings: readonly Finding[];
}

/**
 * Puts what loading found together with what came later, each finding once. That no commit is pinned is said by the source
 * with the commit it is now, which is worth more than what loading says of the recipe.
 */
export function uniteFindings(loading: readonly Finding[], later: readonly RecipeFindings[]): readonly Finding[] {
  const known = later.filter(({ findings }) => findings.some(({ code }) => code === 'source.unpinned'));
  const isBetterSaid = ({ code, place }: Finding) =>
    code === 'recipe.unpinned' && known.some(({ file }) => place.startsWith(`${file}:`));
  const all = [...loading.filter((finding) => !isBetterSaid(finding)), ...later.flatMap(({ findings }) => findings)];
  const keyOf = ({ code, place, text }: Finding) => JSON.stringify([code, place, text]);
  return [...new Map(all.map((finding) => [keyOf(finding), finding])).values()];
}
