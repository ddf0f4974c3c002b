import { structuredPatch } from 'diff';
import { printable } from '../report/printable.ts';
import type { Style } from '../report/style.ts';
import type { LeafChange } from './plan.ts';

// Texts that differ in more lines than this are quicker read than compared.
const MAX_EDITS = 2000;

export interface ChangeOptions {
  readonly style: Style;
  /** Lines around those that differ. */
  readonly contextLines: number;
  /** Most lines of a text that are shown; null for all. */
  readonly mostLines: number | null;
}

/** Gives a change of a leaf as lines for people: `old -> new`, and of a text with several lines those that differ. */
export function describeChange({ leaf, old, new: fresh }: LeafChange, options: ChangeOptions): readonly string[] {
  const name = printable(leaf);
  if (old === null || fresh === null || !`${old}${fresh}`.includes('\n')) {
    return [`${name}: ${shortenValue(old)} -> ${shortenValue(fresh)}`];
  }
  const lines = diffText(old, fresh, options.contextLines);
  if (lines === null) return [`${name}: ${shortenValue(old)} -> ${shortenValue(fresh)}`];
  const most = options.mostLines ?? lines.length;
  const shown = lines.slice(0, most).map((line) => `  ${paint(line, options.style)}`);
  const rest = lines.length - shown.length;
  return [`${name}:`, ...shown, ...(rest > 0 ? [`  (${rest} more lines)`] : [])];
}

/** Gives the value of a leaf for one line: digests and commits as people tell them apart, of several lines their number. */
export function shortenValue(value: string | null): string {
  if (value === null) return '(none)';
  if (value.includes('\n')) return `(${value.replace(/\n$/, '').split('\n').length} lines)`;
  return printable(value).replaceAll(/\b((?:sha\d+:)?[0-9a-f]{12})[0-9a-f]{20,}\b/g, '$1');
}

/** Null for texts that have too little in common. */
function diffText(old: string, fresh: string, context: number): readonly string[] | null {
  const patch = structuredPatch('', '', old, fresh, '', '', { context, maxEditLength: MAX_EDITS });
  if (patch === undefined) return null;
  const hunks = patch.hunks.map(({ lines }) => lines.map((line) => `${line.slice(0, 1)} ${line.slice(1)}`));
  // Between two hunks there is something that is the same.
  return hunks.flatMap((lines, index) => (index > 0 && context > 0 ? ['  ...', ...lines] : lines));
}

function paint(line: string, style: Style): string {
  const text = printable(line).trimEnd();
  if (line.startsWith('+')) return style.good(text);
  return line.startsWith('-') ? style.error(text) : style.faint(text);
}
