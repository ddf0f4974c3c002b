import { createTwoFilesPatch } from 'diff';
import { printable } from '../../report/printable.ts';
import type { Style } from '../../report/style.ts';
import { formatTable } from '../../report/table.ts';
import type { JudgedSeries } from '../../source/patch-series.ts';
import type { PatchVerdict } from '../../source/patch-verdict.ts';
import type { PatchChange } from './recipe.ts';

/** What was found out about the patches of a recipe. */
export interface RecipePatches {
  readonly recipe: string;
  readonly series: readonly JudgedSeries[];
  /** What `refresh` writes; empty otherwise. */
  readonly changes: readonly PatchChange[];
  /** Whether it could be found out at all. */
  readonly isKnown: boolean;
}

const STATES: readonly PatchVerdict['state'][] = ['conflict', 'refresh', 'merged', 'applies'];

/** Counts the patches of each state, over all recipes and series. */
export function countStates(recipes: readonly RecipePatches[]): Readonly<Record<PatchVerdict['state'], number>> {
  const states = recipes.flatMap(({ series }) => series.flatMap(({ verdicts }) => verdicts.map(({ state }) => state)));
  const count = (wanted: PatchVerdict['state']) => states.filter((state) => state === wanted).length;
  return { applies: count('applies'), merged: count('merged'), refresh: count('refresh'), conflict: count('conflict') };
}

/** Shows a line per patch, and one with the sums. */
export function formatPatches(recipes: readonly RecipePatches[], style: Style): string {
  const rows = recipes.flatMap(({ recipe, series }) =>
    series.flatMap(({ commit, platforms, verdicts }) =>
      verdicts.map((verdict) => [
        recipe,
        verdict.path.slice(`patches/${recipe}/`.length),
        paint(verdict.state, style),
        commit.slice(0, 12),
        describe(verdict, series.length > 1 ? platforms.join(', ') : ''),
      ]),
    ),
  );
  if (rows.length === 0) return recipes.every(({ isKnown }) => isKnown) ? 'no patches\n' : '';
  const columns = ['recipe', 'patch', 'state', 'on', ''].map((title) => ({ title, align: 'left' as const }));
  const counts = countStates(recipes);
  const sums = STATES.filter((state) => counts[state] > 0).map((state) => `${counts[state]} ${state}`);
  return `${formatTable(columns, rows)}\n${sums.join(', ')}\n`;
}

/** Shows what was written, or with `isDryRun` what would be, as diffs. */
export function formatChanges(recipes: readonly RecipePatches[], isDryRun: boolean): string {
  const changes = recipes.flatMap((each) => each.changes);
  if (isDryRun) return changes.map(formatDiff).join('');
  return changes.map(({ path, content }) => `${content === null ? 'removed' : 'wrote'} ${path}\n`).join('');
}

function formatDiff({ path, before, content }: PatchChange): string {
  const after = content === null ? '' : Buffer.from(content).toString();
  const name = content === null ? '/dev/null' : `b/${path}`;
  const options = { context: 3 };
  const diff = createTwoFilesPatch(`a/${path}`, name, before.toString(), after, undefined, undefined, options);
  // The first line is a ruler that other tools do not have.
  const lines = diff.replace(/^=+\n/, '').split('\n');
  return lines.map((line) => line.split('\t').map(printable).join('\t')).join('\n');
}

function describe(verdict: PatchVerdict, platforms: string): string {
  return printable([platforms, verdict.state === 'conflict' ? verdict.reason : ''].filter(Boolean).join(': '));
}

function paint(state: PatchVerdict['state'], style: Style): string {
  switch (state) {
    case 'conflict':
      return style.error(state);
    case 'refresh':
    case 'merged':
      return style.warning(state);
    case 'applies':
      return style.good(state);
  }
}
