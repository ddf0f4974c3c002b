/** More than people read in a merge request. */
const MAX_ROWS = 50;

/**
 * Gives a table in Markdown out of cells that are escaped already; of many rows the first 50 and how many more there are; ''
 * for none. Specification: GitHub Flavored Markdown, "Tables".
 */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const shown = rows.slice(0, MAX_ROWS).map(line).join('');
  const rest = rows.length - MAX_ROWS;
  const more = rest > 0 ? `\n… and ${rest} more\n` : '';
  return `${line(head)}${line(head.map(() => '---'))}${shown}${more}`;
}
