import { countActions, hasNews } from '../../plan/count-actions.ts';
import { formatPlan } from '../../plan/describe-plan.ts';
import { planToJson } from '../../plan/plan-to-json.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { exitWith } from '../exit-with.ts';
import { planRecipes, type PlanRequest } from '../plan/recipes.ts';

const SCHEMA = 'forkwright.plan/v1';

export interface PlanArguments extends Omit<PlanRequest, 'against'> {
  /** Whether it ends with 1 where there is anything to do. */
  readonly hasExitCode: boolean;
}

/**
 * `forkwright plan`: what would be built, skipped, or cannot be decided, and why. Nothing is changed but the cache. Ends with
 * 2 where something could not be found out. Throws what `planRecipes` throws.
 */
export async function planCommand(options: PlanArguments, invocation: Invocation): Promise<CommandResult> {
  const { recipes: named, isLocked, hasExitCode } = options;
  const task = invocation.progress.task('planning', null);
  const { plans, findings, isFaulty } = await planRecipes({ ...options, against: null }, invocation).catch(
    (error: unknown) => {
      task.fail('not planned');
      throw error;
    },
  );
  const json = planToJson(plans, isLocked);
  if (isFaulty) {
    task.fail('the workspace has faults');
    return { schema: SCHEMA, json, text: '', findings };
  }
  task.done(`${plans.length} recipe${plans.length === 1 ? '' : 's'}`);
  const isNews = hasExitCode && hasNews(countActions(plans));
  const text = formatPlan(plans, named, invocation.style);
  return { schema: SCHEMA, json, text, findings, ...exitWith(findings, isNews) };
}
