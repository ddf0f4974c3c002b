import { maskCredentials } from './quoted.ts';

/** A place in a text, both counted from 1; columns in UTF-16 code units, as editors count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const WIDTH = 100;
const LEAD = 40;

/**
 * Gives the line of a position with a caret below it, and the lines around it, all numbered. Long lines are cut around
 * the caret; what a terminal would act on is replaced.
 */
export function formatFrame(text: string, { line, column }: Position): string {
  const lines = maskCredentials(text).split(/\r?\n/);
  const digits = String(line + 1).length;
  // A long line is cut so that the caret stays in sight; its neighbours are cut at the same column.
  const from = column > WIDTH ? column - LEAD : 0;
  const show = (number: number): readonly string[] => {
    const content = lines[number - 1];
    if (content === undefined || (number === lines.length && content === '' && number !== line)) return [];
    const shown = content.slice(from, from + WIDTH).replaceAll(/[^\P{C}\t]/gu, '\u{fffd}');
    return [`${number === line ? '>' : ' '} ${String(number).padStart(digits)} | ${shown}`.trimEnd()];
  };
  // Tabs are kept in front of the caret, so that it stands below its place at any tab width.
  const lead = (lines[line - 1] ?? '').slice(from, column - 1).replaceAll(/[^\t]/g, ' ');
  return [...show(line - 1), ...show(line), `  ${' '.repeat(digits)} | ${lead}^`, ...show(line + 1)].join('\n');
}
