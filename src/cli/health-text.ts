import { printable } from '../report/printable.ts';
import type { Style } from '../report/style.ts';
import { formatTable } from '../report/table.ts';
import type { Health } from '../upstream/check-health.ts';
import { formatDays, type Grade } from '../upstream/health.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Shows the health of upstreams: the grade of each, and its signs with what they are held to. */
export function formatHealth(healths: readonly Health[], nowMs: number, style: Style): string {
  return healths.map((health) => formatOne(health, nowMs, style)).join('\n');
}

function formatOne({ git, grade, signals, project, observedAt }: Health, nowMs: number, style: Style): string {
  const ageDays = observedAt === null ? 0 : Math.floor((nowMs - Date.parse(observedAt)) / DAY_MS);
  const seen = ageDays > 0 ? `, seen ${formatDays(ageDays)} ago` : '';
  const rows = signals.map(({ name, grade: own, value, threshold }) => [
    name,
    paint(own, style),
    printable(value),
    style.faint(threshold),
  ]);
  const columns = ['sign', 'grade', 'found', 'held to'].map((title) => ({ title, align: 'left' as const }));
  const published = (project?.advisories ?? []).map(({ id, severity, summary }) => {
    return `  ${printable(id)} (${printable(severity ?? 'no severity')}): ${printable(summary)}\n`;
  });
  const listed = published.length === 0 ? '' : `security advisories\n${published.join('')}`;
  return `${git}: ${paint(grade, style)}${seen}\n${formatTable(columns, rows)}${listed}`;
}

function paint(grade: Grade, style: Style): string {
  switch (grade) {
    case 'good':
      return style.good(grade);
    case 'fair':
      return style.warning(grade);
    case 'poor':
      return style.error(grade);
    case 'unknown':
      return style.note(grade);
  }
}
