import type { Finding, Severity } from '../finding.ts';
import { printable } from './printable.ts';
import type { Style } from './style.ts';

/**
 * Gives findings as text for people: `place: severity: text [code]` as compilers write it, so that editors and terminals
 * can follow the place, then the frame and the hint. '' for none.
 */
export function formatFindings(findings: readonly Finding[], style: Style): string {
  return findings.map((finding) => formatFinding(finding, style)).join('');
}

function formatFinding(finding: Finding, style: Style): string {
  const severity = style[finding.severity](finding.severity);
  const place = finding.place === '' ? '' : `${style.strong(printable(finding.place))}: `;
  const lines = [`${place}${severity}: ${printableLines(finding.text)} ${style.faint(`[${finding.code}]`)}`];
  if (finding.frame !== undefined) lines.push(...finding.frame.split('\n').map((line) => `  ${printable(line)}`));
  if (finding.hint !== null) lines.push(`  ${style.note('hint')}: ${printable(finding.hint)}`);
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** Gives `2 errors, 1 note`; '' for none. */
export function countFindings(findings: readonly Finding[]): string {
  const severities: readonly Severity[] = ['error', 'warning', 'note'];
  return severities
    .map((severity) => ({ severity, count: findings.filter((finding) => finding.severity === severity).length }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => `${count} ${severity}${count === 1 ? '' : 's'}`)
    .join(', ');
}

/** The findings as --json has them: the stable keys, without frames. */
export function findingsToJson(findings: readonly Finding[]): readonly Omit<Finding, 'frame'>[] {
  return findings.map(({ code, severity, place, text, hint }) => ({ code, severity, place, text, hint }));
}

/** Lines of a program's own message stay lines. */
function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n    ');
}
