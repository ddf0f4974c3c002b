import type { ForkwrightError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import type { ResolvedRecipe } from '../recipe/target.ts';
import { toFinding } from './error-finding.ts';

/** Gives what failed for a recipe as findings of severity error, with the recipe in front of their place. */
export function describeFailures(
  { file }: Pick<ResolvedRecipe, 'file'>,
  failures: readonly ForkwrightError[],
): readonly Finding[] {
  return failures.map((failure) => {
    const finding = toFinding(failure);
    if (finding.place.startsWith(file)) return finding;
    // Several recipes may have one upstream: each says what it lacks.
    return { ...finding, place: finding.place === '' ? file : `${file}: ${finding.place}` };
  });
}
