import type { AcceptedDifference } from '../../recipe/target.ts';
import type { Difference } from './compare-type.ts';

/** A difference with what a recipe says of it. */
export interface JudgedDifference extends Difference {
  /** Null where the recipe does not accept it. */
  readonly accepted: AcceptedDifference | null;
}

/**
 * Holds differences to those that a recipe accepts, the first that fits, and gives the acceptances that fit none too. In
 * `what` a `*` stands for any characters, slashes too.
 */
export function judgeDifferences(
  differences: readonly Difference[],
  accept: readonly AcceptedDifference[],
): { readonly judged: readonly JudgedDifference[]; readonly unused: readonly AcceptedDifference[] } {
  const judged = differences.map((difference) => ({
    ...difference,
    accepted: accept.find((each) => fits(each, difference)) ?? null,
  }));
  // One may be covered by another in front of it and still be about something.
  const unused = accept.filter((each) => !differences.some((difference) => fits(each, difference)));
  return { judged, unused };
}

function fits({ what, platform }: AcceptedDifference, difference: Difference): boolean {
  return (platform === null || platform === difference.platform) && matchesStars(what, difference.what);
}

/** Whether a text is what a pattern says, `*` for any characters; no regular expression, which many stars keep busy for ever. */
export function matchesStars(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
