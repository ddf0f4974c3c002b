import { orderByParents } from '../lock/parents.ts';
import type { TargetInputs } from '../lock/target-inputs.ts';
import { diffLeaves } from './diff-leaves.ts';
import type { ImageStore, LeafChange, LockStanding, PlanAction, RecipePlan, TargetPlan, UpstreamMove } from './plan.ts';
import type { PublishedImage } from './published-image.ts';

/** What is known of a recipe when it is decided about. */
export interface RecipeFacts {
  readonly recipe: string;
  /** Recipes whose images it is built on. */
  readonly parents: readonly string[];
  readonly lock: LockStanding;
  readonly store: ImageStore;
  /** In index order, `linux/arm/v7`. */
  readonly platforms: readonly string[];
  /** By platform; empty where they are not known. */
  readonly inputs: ReadonlyMap<string, TargetInputs>;
  /** Why nothing can be said of its targets; null where something can. */
  readonly obstacle: string | null;
  /** The image that is there; null where there is none, and where nobody was asked. */
  readonly published: PublishedImage | null;
  readonly moves: readonly UpstreamMove[];
}

/** Says what is planned of another recipe's target; null for one that is not in the plan. */
type FindAction = (recipe: string, platform: string) => PlanAction | null;

/**
 * Decides what is to be done about the targets of recipes: a target is skipped where the image that is there says that it
 * was built from the very same inputs, and only then. Gives recipes behind those that they are built on, else in the order
 * given. Throws `lock.circle`.
 */
export function decideRecipes(all: readonly RecipeFacts[]): readonly RecipePlan[] {
  const byName = new Map(all.map((facts) => [facts.recipe, facts]));
  const plans = new Map<string, RecipePlan>();
  const actionOf: FindAction = (recipe, platform) =>
    plans.get(recipe)?.targets.find((target) => target.platform === platform)?.action ?? null;
  for (const name of orderByParents([...byName.keys()], (recipe) => byName.get(recipe)?.parents ?? [])) {
    const facts = byName.get(name);
    if (facts !== undefined) plans.set(name, decideRecipe(facts, actionOf));
  }
  return [...plans.values()];
}

function decideRecipe(facts: RecipeFacts, actionOf: FindAction): RecipePlan {
  const { recipe, parents, lock, store, platforms, published, moves } = facts;
  return {
    recipe,
    parents,
    lock,
    store,
    published: published?.name ?? null,
    targets: platforms.map((platform) => decideTarget(platform, facts, actionOf)),
    dropped: [...(published?.platforms.keys() ?? [])].filter((platform) => !platforms.includes(platform)),
    moves,
  };
}

function decideTarget(platform: string, facts: RecipeFacts, actionOf: FindAction): TargetPlan {
  const { published: image, obstacle, store } = facts;
  const inputs = facts.inputs.get(platform);
  const there = image?.platforms.get(platform) ?? null;
  const found = image === null || there === null ? null : { name: image.name, digest: there.digest };
  const plan = (action: PlanAction, reason: string, changes: readonly LeafChange[] = []): TargetPlan => {
    const hash = inputs === undefined || inputs.open.length > 0 ? null : inputs.inputHash;
    return { platform, action, reason, inputHash: hash, changes, published: found };
  };
  if (obstacle !== null) return plan('unknown', obstacle);
  if (inputs === undefined) return plan('unknown', 'its inputs are not known');
  if (inputs.open.length > 0) return plan('unknown', `${joinWords(inputs.open)} ${isOrAre(inputs.open)} not locked`);
  if (image === null) return plan('build', store === 'out' ? 'it was not built yet' : 'it was never published');
  if (there === null) {
    // A single manifest does not say what it is for.
    const isIndex = image.platforms.size > 0;
    return plan('build', isIndex ? `${image.name} does not have this platform` : noRecord(image.name));
  }
  if (there.record === null) return plan('build', noRecord(image.name));
  if (there.record.inputHash === inputs.inputHash) return plan('skip', 'nothing that decides the image has changed');
  const changes = diffLeaves(there.record.leaves, inputs.leaves);
  return plan('build', describeChanges(changes, platform, actionOf), changes);
}

function noRecord(name: string): string {
  return `${name} has no record of what it was built from`;
}

/** `source tree and patch 1 changed; base is rebuilt` */
function describeChanges(changes: readonly LeafChange[], platform: string, actionOf: FindAction): string {
  const names = changes.map(({ leaf }) => leaf);
  const parents = names.flatMap((leaf) => /^recipe (.+)$/.exec(leaf)?.[1] ?? []);
  const rebuilt = parents.filter((parent) => actionOf(parent, platform) === 'build');
  const others = names.filter((leaf) => !rebuilt.some((parent) => leaf === `recipe ${parent}`));
  return [
    ...(others.length === 0 ? [] : [`${joinWords(others)} changed`]),
    ...(rebuilt.length === 0 ? [] : [`${joinWords(rebuilt)} ${isOrAre(rebuilt)} rebuilt`]),
  ].join('; ');
}

const MOST_WORDS = 4;

/** `a, b and c`; of many the first ones. */
export function joinWords(words: readonly string[]): string {
  const shown =
    words.length > MOST_WORDS ? [...words.slice(0, MOST_WORDS - 1), `${words.length - MOST_WORDS + 1} more`] : words;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`;
}

function isOrAre(words: readonly string[]): string {
  return words.length === 1 ? 'is' : 'are';
}
