import type { RecipePlan } from './plan.ts';

export interface ActionCounts {
  readonly build: number;
  readonly skip: number;
  readonly unknown: number;
  /** Platforms that are there and not wanted any more. */
  readonly drop: number;
}

/** Counts the targets of each action. */
export function countActions(plans: readonly RecipePlan[]): ActionCounts {
  const counts = { build: 0, skip: 0, unknown: 0, drop: 0 };
  for (const { targets, dropped } of plans) {
    for (const { action } of targets) counts[action]++;
    counts.drop += dropped.length;
  }
  return counts;
}

/** Whether there is anything to do or to decide. */
export function hasNews({ build, unknown, drop }: ActionCounts): boolean {
  return build + unknown + drop > 0;
}
