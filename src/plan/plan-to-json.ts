import { countActions } from './count-actions.ts';
import type { RecipePlan } from './plan.ts';

/** Gives plans as `forkwright.plan/v1` has them, in the order in which recipes are built. */
export function planToJson(plans: readonly RecipePlan[], isLocked: boolean): Readonly<Record<string, unknown>> {
  const recipes = plans.map(({ recipe, parents, store, published, lock, targets, dropped, moves }) => {
    const listed = targets.map(({ platform, action, reason, inputHash, published: image, changes }) => {
      return { platform, action, reason, inputHash, published: image, changes };
    });
    return { recipe, parents, store, published, lock, targets: listed, dropped, moves };
  });
  return { locked: isLocked, counts: countActions(plans), recipes };
}
