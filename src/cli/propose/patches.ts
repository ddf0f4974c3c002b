import { isUtf8 } from 'node:buffer';
import { ForkwrightError } from '../../errors.ts';
import { hasFailed, type Finding } from '../../finding.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import type { Change } from '../../render/plan-writes.ts';
import { describeSeries } from '../../source/patch-findings.ts';
import type { PatchVerdict } from '../../source/patch-verdict.ts';
import type { Invocation } from '../command.ts';
import { openPatches, planRefresh, writeRefresh } from '../patch/recipe.ts';

/** What becomes of the patches of a recipe on the commit that it is to be built from. */
export interface TriedPatches {
  /** Each path once. */
  readonly verdicts: readonly Pick<PatchVerdict, 'path' | 'state'>[];
  /** What was written: refreshed patches, dropped ones, the recipe without those. */
  readonly files: readonly Change[];
  /** With one of severity error nothing was written. */
  readonly findings: readonly Finding[];
}

/**
 * Has the patches of a recipe, resolved with its new lock, follow its upstream in the workspace below `root`, as `patch
 * refresh` does. Throws `source.*`, `recipe.not-edited`, `propose.not-text`.
 */
export async function tryPatches(recipe: ResolvedRecipe, root: string, invocation: Invocation): Promise<TriedPatches> {
  const series = await openPatches(root, true, invocation)(recipe);
  const all = series.flatMap((each) => each.verdicts.map(({ path, state }) => ({ path, state })));
  // What is merged for one platform and not for another stays: the last one of a path counts.
  const ranked = [...all.filter(({ state }) => state === 'merged'), ...all.filter(({ state }) => state !== 'merged')];
  const verdicts = [...new Map(ranked.map((each) => [each.path, each])).values()];
  const errors = describeSeries(series).filter(({ severity }) => severity === 'error');
  if (hasFailed(errors, false)) return { verdicts, files: [], findings: errors };
  const changes = await planRefresh(root, recipe, series);
  const files = changes.map(({ path, before, content }) => ({
    path,
    before: textOf(before, path),
    after: content === null ? null : textOf(content, path),
  }));
  await writeRefresh(root, changes);
  return { verdicts, files, findings: [] };
}

/** GitLab's API is handed texts. */
function textOf(bytes: Uint8Array, place: string): string {
  if (isUtf8(bytes)) return Buffer.from(bytes).toString();
  throw new ForkwrightError('propose.not-text', 'the patch that fits now is not UTF-8, so it cannot be proposed', {
    place,
    hint: 'run `forkwright lock --update upstream` and `forkwright patch refresh`, and push what they write',
  });
}
