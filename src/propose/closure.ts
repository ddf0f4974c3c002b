import { parentsOf } from '../lock/parents.ts';
import { compareText } from '../platform/order.ts';
import type { ResolvedRecipe } from '../recipe/target.ts';

/** What a change of some recipes touches, and what it takes to work that out. */
export interface Closure {
  /** Recipes that are built on their images, directly or not, and are locked: their input hashes may change too. By name. */
  readonly dependents: readonly string[];
  /** All of these, and those whose images any of them is built on. By name. */
  readonly all: readonly ResolvedRecipe[];
}

/** Finds what belongs together with some recipes; `recipes` are all of the workspace, resolved with their locks. */
export function findClosure(names: readonly string[], recipes: readonly ResolvedRecipe[]): Closure {
  const byName = new Map(recipes.map((recipe) => [recipe.name, recipe]));
  const parents = new Map(
    recipes.map((recipe) => [recipe.name, parentsOf(recipe, recipe.lock?.images ?? new Map(), byName)]),
  );
  const children = new Map<string, string[]>();
  for (const [name, own] of parents) for (const each of own) children.set(each, [...(children.get(each) ?? []), name]);
  const below = reach(names, (name) => children.get(name) ?? []);
  const locked = [...below].filter((name) => (byName.get(name)?.lock ?? null) !== null);
  const dependents = locked.filter((name) => !names.includes(name)).toSorted(compareText);
  const all = reach([...names, ...dependents], (name) => parents.get(name) ?? []);
  return { dependents, all: recipes.filter(({ name }) => all.has(name)) };
}

function reach(from: readonly string[], next: (name: string) => readonly string[]): ReadonlySet<string> {
  const reached = new Set(from);
  // A set that grows while it is gone through is gone through to its end.
  for (const name of reached) for (const each of next(name)) reached.add(each);
  return reached;
}
