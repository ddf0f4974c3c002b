import { resolve, join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { replaceOutput } from '../../archive/write/replace-output.ts';
import { compareRows, gradeRecipe } from '../../fleet/grade-recipe.ts';
import { loadWorkspace, readWorkspaceDefaults } from '../../recipe/load.ts';
import type { ResolvedRecipe, Workspace } from '../../recipe/target.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { openPublished } from '../find-published.ts';
import { withCheckDeps } from '../open-check.ts';
import { gatherFacts, type GatheredFacts } from '../status/facts.ts';
import { findLockFacts } from '../status/locks.ts';
import { openTryPatches } from '../status/patches.ts';
import { openProposals } from '../status/proposals.ts';
import { countGrades, formatStatus } from '../status/text.ts';
import { exitWith } from '../exit-with.ts';

const PAGE = 'index.html';

export interface StatusArguments {
  /** Names of recipes; none for all. */
  readonly recipes: readonly string[];
  readonly isOffline: boolean;
  /** Whether patches are tried on what is followed, which fetches sources. */
  readonly triesPatches: boolean;
  /** The folder that the page is written to, from the current one; null for none. */
  readonly html: string | null;
  /** Whether a poor recipe ends it with 1. */
  readonly hasExitCode: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/**
 * `forkwright status`: the state of all forks at a glance, worst first, and as a page. Nothing is changed but the cache and
 * the page. Ends with 2 where something could not be found out. Throws `recipe.unknown-name`, `lock.circle`,
 * `archive.write-failed`, and as `withCheckDeps`.
 */
export async function statusCommand(given: StatusArguments, invocation: Invocation): Promise<CommandResult> {
  const { root, cwd } = invocation;
  const nowMs = given.nowMs();
  const { workspace, findings: loading } = await loadWorkspace(root, given.recipes);
  // A recipe can be built on the image of any other one.
  const whole = given.recipes.length === 0 ? workspace : (await loadWorkspace(root)).workspace;
  const { facts, findings } = await observe(workspace.recipes, whole, given, invocation);
  const rows = facts.map((each) => gradeRecipe(each, nowMs)).toSorted(compareRows);
  // What is wrong with a recipe is told; its warnings are those of `validate`.
  const faults = loading.filter(({ severity }) => severity === 'error');
  const observedAt = new Date(nowMs).toISOString();
  const path = given.html === null ? null : join(given.html, PAGE);
  if (path !== null) {
    const { renderPage } = await import('../../fleet/render-page.ts');
    const page = await renderPage({ rows, faults: [...faults, ...findings], observedAt });
    await replaceOutput(resolve(cwd, path), (temporary) => writeFile(temporary, page, { flag: 'wx' }));
  }
  const counts = countGrades(rows);
  return {
    schema: 'forkwright.status/v1',
    json: { observedAt, offline: given.isOffline, counts, page: path, recipes: rows },
    text: formatStatus(rows, invocation.style),
    findings: [...faults, ...findings],
    ...exitWith(findings, given.hasExitCode && counts.poor > 0),
  };
}

async function observe(
  recipes: readonly ResolvedRecipe[],
  whole: Workspace,
  { isOffline, triesPatches, nowMs }: StatusArguments,
  invocation: Invocation,
): Promise<GatheredFacts> {
  const { root } = invocation;
  const task = invocation.progress.task(`looking at ${recipes.length} recipe${recipes.length === 1 ? '' : 's'}`, null);
  const images = openPublished(invocation);
  try {
    const { propose } = (await readWorkspaceDefaults(root)).defaults;
    const names = recipes.map(({ name }) => name);
    const locks = await findLockFacts(whole, names, invocation);
    const findProposal = openProposals(propose, isOffline, invocation);
    const settings = { isOffline, nowMs, mirrors: whole.settings.mirrors };
    const tryPatches = openTryPatches(triesPatches, isOffline, invocation);
    const gathered = await withCheckDeps(settings, invocation, (check) =>
      gatherFacts(recipes, { check, images, locks, findProposal, tryPatches }),
    );
    task.done('looked at');
    return gathered;
  } catch (error) {
    task.fail('not looked at');
    throw error;
  } finally {
    await images.close();
  }
}
