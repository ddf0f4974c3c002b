import { stripVTControlCharacters } from 'node:util';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/**
 * Gives rows as a table for people: columns as wide as their widest cell, two spaces between them, no rules.
 * Cells may be coloured. Every row has as many cells as there are columns.
 */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const all = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => width(row[index] ?? ''))));
  return all
    .map((row) => {
      const cells = columns.map((column, index) => {
        const cell = row[index] ?? '';
        const padding = ' '.repeat((widths[index] ?? 0) - width(cell));
        return column.align === 'left' ? cell + padding : padding + cell;
      });
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}

function width(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
