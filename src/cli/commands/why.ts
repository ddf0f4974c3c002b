import { ForkwrightError } from '../../errors.ts';
import { formatWhy } from '../../plan/describe-why.ts';
import { explainTarget } from '../../plan/explain.ts';
import type { ImageStore } from '../../plan/plan.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { exitWith } from '../exit-with.ts';
import { planRecipes } from '../plan/recipes.ts';
import { parseNamedTarget, readNamedImage } from '../plan/why-arguments.ts';

const SCHEMA = 'forkwright.why/v1';

export interface WhyArguments {
  /** `RECIPE[@PLATFORM]` */
  readonly target: string;
  /** An image of a registry or an archive that is compared with; null for the one that the recipe publishes. */
  readonly against: string | null;
  readonly isLocked: boolean;
  readonly store: ImageStore;
}

/**
 * `forkwright why`: explains the plan of a target, or of all of a recipe: everything that decides the image, beside what the
 * image that is there was built from. Ends with 2 where something could not be found out. Throws `platform.unknown`,
 * `plan.no-platform`, `plan.no-image`, and what `planRecipes` throws.
 */
export async function whyCommand(options: WhyArguments, invocation: Invocation): Promise<CommandResult> {
  const { recipe, platform } = parseNamedTarget(options.target);
  const image = options.against === null ? null : await readNamedImage(options.against, invocation);
  const against = image === null ? null : { recipe, image };
  const { isLocked, store } = options;
  const planned = await planRecipes({ recipes: [recipe], isLocked, store, against }, invocation);
  const { plans, facts, findings, isFaulty } = planned;
  const [plan, fact] = [plans.find((each) => each.recipe === recipe), facts.get(recipe)];
  if (isFaulty || plan === undefined || fact === undefined) return { schema: SCHEMA, json: {}, text: '', findings };
  const wanted = plan.targets.filter((target) => platform === null || target.platform === platform);
  if (wanted.length === 0 && platform !== null) {
    throw new ForkwrightError('plan.no-platform', `${recipe} is not built for ${platform}`, {
      hint: `it is built for ${plan.targets.map((target) => target.platform).join(', ')}`,
    });
  }
  const targets = wanted.map((target) => explainTarget(target, fact.inputs.get(target.platform), fact.published));
  const { parents, published, lock, moves } = plan;
  const explained = targets.map((target) => {
    const { platform: on, action, reason, inputHash, recordedHash, published: there, leaves } = target;
    return { platform: on, action, reason, inputHash, recordedHash, published: there, leaves };
  });
  return {
    schema: SCHEMA,
    json: { recipe, parents, published, lock, moves, targets: explained },
    text: formatWhy(plan, targets, invocation.style),
    findings,
    ...exitWith(findings, false),
  };
}
