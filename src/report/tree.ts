import { printable } from './printable.ts';
import type { Style } from './style.ts';

/** A line of a tree: what it is about, what there is to say, and what hangs below it. Texts may come from outside. */
export interface TreeLine {
  readonly label: string;
  readonly text: string;
  readonly children: readonly TreeLine[];
}

export interface TreeOptions {
  readonly style: Style;
  /** Width to which lines are cut; null for none. */
  readonly columns: number | null;
}

/** Gives trees as lines for people, drawn with box characters; labels of neighbours are as wide as the widest. */
export function formatTree(lines: readonly TreeLine[], options: TreeOptions): string {
  return formatBranches(lines, '', options).join('');
}

function formatBranches(lines: readonly TreeLine[], indent: string, options: TreeOptions): readonly string[] {
  const labels = lines.map(({ label }) => printable(label));
  const width = Math.max(0, ...labels.map((label) => [...label].length));
  return lines.flatMap((line, index) => {
    const isLast = index === lines.length - 1;
    const label = labels[index] ?? '';
    const padding = ' '.repeat(width - [...label].length + 2);
    const room = options.columns === null ? Infinity : options.columns - indent.length - 3 - width - 2;
    const text = cut(printable(line.text), Math.max(room, 10));
    const branch = `${indent}${isLast ? '└─ ' : '├─ '}`;
    return [
      `${branch}${options.style.strong(label)}${padding}${text}`.trimEnd() + '\n',
      ...formatBranches(line.children, `${indent}${isLast ? '   ' : '│  '}`, options),
    ];
  });
}

/** Cuts a text to a number of characters, the last of them `…` where something is missing. */
function cut(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
