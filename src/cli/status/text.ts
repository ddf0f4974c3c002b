import type { FleetRow } from '../../fleet/fleet-row.ts';
import { glanceAt } from '../../fleet/glance.ts';
import { printable } from '../../report/printable.ts';
import type { Style } from '../../report/style.ts';
import { formatTable } from '../../report/table.ts';
import { WORST_FIRST, type Grade } from '../../upstream/health.ts';

const SYMBOLS: Readonly<Record<Grade, string>> = { good: '✓', fair: '!', poor: '✗', unknown: '?' };
const TITLES = [
  'recipe',
  'state',
  'upstream age',
  'behind',
  'base age',
  'patches',
  'platforms',
  'published',
  'merge request',
];

/** Counts the recipes of each grade. */
export function countGrades(rows: readonly FleetRow[]): Readonly<Record<Grade, number>> {
  const count = (wanted: Grade) => rows.filter(({ grade }) => grade === wanted).length;
  return { good: count('good'), fair: count('fair'), poor: count('poor'), unknown: count('unknown') };
}

/**
 * Shows recipes at a glance, in their order: a line for each, then why those are not good that are not, and a line with
 * the sums.
 */
export function formatStatus(rows: readonly FleetRow[], style: Style): string {
  const table = formatTable(
    TITLES.map((title) => ({ title, align: 'left' as const })),
    rows.map((row) => toCells(row, style)),
  );
  const reasons = rows.filter(({ grade }) => grade !== 'good').map((row) => formatReasons(row, style));
  const counts = countGrades(rows);
  const sums = WORST_FIRST.filter((grade) => counts[grade] > 0).map((grade) => `${counts[grade]} ${grade}`);
  return [...(rows.length === 0 ? [] : [table]), ...reasons, `${sums.join(', ') || 'no recipes'}\n`].join('\n');
}

function toCells(row: FleetRow, style: Style): readonly string[] {
  const { upstream, behind, base, patches, platforms, published, mergeRequest } = glanceAt(row);
  const cells = [upstream, behind, base, patches, platforms, published, mergeRequest];
  return [
    row.recipe,
    paint(row.grade, `${SYMBOLS[row.grade]} ${row.grade}`, style),
    ...cells.map(({ text, grade }) => {
      const isPlain = grade === null || grade === 'good';
      return isPlain ? printable(text) : paint(grade, printable(text), style);
    }),
  ];
}

function formatReasons({ recipe, grade, signals }: FleetRow, style: Style): string {
  const lines = WORST_FIRST.filter((each) => each !== 'good').flatMap((each) =>
    signals
      .filter((signal) => signal.grade === each)
      .map(({ name, reason, threshold }) => {
        const mark = paint(each, SYMBOLS[each], style);
        return `  ${mark} ${name}: ${printable(reason)} ${style.faint(`(${threshold})`)}\n`;
      }),
  );
  return `${style.strong(recipe)}: ${paint(grade, grade, style)}\n${lines.join('')}`;
}

function paint(grade: Grade, text: string, style: Style): string {
  switch (grade) {
    case 'good':
      return style.good(text);
    case 'fair':
      return style.warning(text);
    case 'poor':
      return style.error(text);
    case 'unknown':
      return style.note(text);
  }
}
