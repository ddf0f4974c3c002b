import { ForkwrightError } from '../../errors.ts';
import { hasFailed, type Finding } from '../../finding.ts';
import { formatLock } from '../../lock/format-lock.ts';
import { lockPath, type RecipeLock } from '../../lock/lock.ts';
import { compareText } from '../../platform/order.ts';
import type { ResolvedRecipe, Workspace } from '../../recipe/target.ts';
import { renderPipeline, PIPELINE_SOURCE } from '../../render/pipeline.ts';
import { planWrites, type Change, type ExistingEntry } from '../../render/plan-writes.ts';
import { renderRecipes } from '../../render/render-workspace.ts';
import { PIPELINE_PATH } from '../../render/rendered-file.ts';
import type { Templates } from '../../render/template-engine.ts';

/** A workspace as it is. */
export interface PresentFiles {
  /** All recipes, resolved with their locks. */
  readonly workspace: Workspace;
  readonly locks: ReadonlyMap<string, RecipeLock>;
  readonly templates: Templates;
  /** What lies in generated/. */
  readonly generated: readonly ExistingEntry[];
}

/** Unites changes one after another of the same file, by path. */
export function uniteChanges(changes: readonly Change[]): readonly Change[] {
  const united = new Map<string, Change>();
  for (const each of changes) united.set(each.path, { ...each, before: (united.get(each.path) ?? each).before });
  return [...united.values()].toSorted((a, b) => compareText(a.path, b.path));
}

/** Gives the lock files of recipes that differ from those that are there. */
export function changedLocks(
  fresh: ReadonlyMap<string, RecipeLock>,
  locks: ReadonlyMap<string, RecipeLock>,
): readonly Change[] {
  return [...fresh].flatMap(([name, lock]) => {
    const old = locks.get(name);
    const [before, after] = [old === undefined ? null : formatLock(old), formatLock(lock)];
    return before === after ? [] : [{ path: lockPath(name), before, after }];
  });
}

/**
 * Gives the generated files of recipes, and the pipeline, that differ from those that are there; none where the workspace
 * has none at all, since its pipeline renders them then. Throws what keeps a recipe from being rendered: `render.*`.
 */
export function changedRenders(recipes: readonly ResolvedRecipe[], present: PresentFiles): readonly Change[] {
  const { workspace, templates, generated } = present;
  if (generated.length === 0) return [];
  const fresh = new Map(recipes.map((recipe) => [recipe.name, recipe]));
  const rendered = renderRecipes({ ...workspace, recipes }, templates);
  // It is of all recipes.
  const pipeline = renderPipeline({
    ...workspace,
    recipes: workspace.recipes.map((recipe) => fresh.get(recipe.name) ?? recipe),
  });
  const files = [...rendered.files, { path: PIPELINE_PATH, content: pipeline.content, source: PIPELINE_SOURCE }];
  const options = { recipes: [...fresh.keys()].toSorted(compareText), isWithoutPipeline: false, force: false };
  const plan = planWrites(generated, files, options);
  requireSound([...rendered.findings, ...pipeline.findings, ...plan.findings]);
  return plan.changes;
}

function requireSound(findings: readonly Finding[]): void {
  const fault = findings.find(({ severity }) => severity === 'error');
  if (fault === undefined || !hasFailed(findings, false)) return;
  const { code, text, place, hint } = fault;
  throw new ForkwrightError(code, text, { place, ...(hint === null ? {} : { hint }) });
}
