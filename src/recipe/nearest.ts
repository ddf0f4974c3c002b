import { distance } from 'fastest-levenshtein';

/**
 * The one of some known names that a misspelt one most likely stands for: the start of it or its whole in other
 * letters' case, else the nearest by edits; null where none is near.
 */
export function nearestOf(word: string, known: readonly string[]): string | null {
  const wanted = word.toLowerCase();
  const byStart = known.find((name) => {
    const [shorter, longer] = [wanted, name.toLowerCase()].toSorted((a, b) => a.length - b.length);
    return shorter !== undefined && shorter.length > 2 && longer?.startsWith(shorter) === true;
  });
  if (byStart !== undefined) return byStart;
  const [best] = known
    .map((name) => ({ name, edits: distance(wanted, name.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits);
  return best !== undefined && best.edits <= (word.length < 3 ? 1 : Math.max(2, word.length / 3)) ? best.name : null;
}

/** A hint for a misspelt name: the nearest one, else all there are. */
export function hintOf(word: string, known: readonly string[]): string {
  const nearest = nearestOf(word, known);
  if (nearest !== null) return `did you mean ${nearest}?`;
  return known.length === 0 ? 'there are none' : `there are: ${known.join(', ')}`;
}
