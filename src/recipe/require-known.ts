import { ForkwrightError } from '../errors.ts';
import { hintOf } from './nearest.ts';

/** Holds the names that somebody asked for to those of the recipes. Throws `recipe.unknown-name` with the nearest. */
export function requireKnown(names: readonly string[], known: readonly string[]): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new ForkwrightError('recipe.unknown-name', `there is no recipe ${JSON.stringify(unknown)}`, {
    place: 'recipes',
    hint: hintOf(unknown, known),
  });
}
