import type { JudgedDifference } from '../image/compare/compare-accepted.ts';
import type { ImageNumbers } from '../image/compare/compare-images.ts';
import { printable } from '../report/printable.ts';
import { formatSize } from '../report/size.ts';
import { formatTable } from '../report/table.ts';

/** Files that are shown unless all are wanted. */
const MOST_FILES = 20;
const CELL_LENGTH = 60;

const left = (...titles: readonly string[]) => titles.map((title) => ({ title, align: 'left' as const }));

/**
 * Shows how two images compare: a table of numbers per platform, and one of differences, those that are the same on several
 * platforms on one line.
 */
export function formatParity(
  numbers: readonly ImageNumbers[],
  judged: readonly JudgedDifference[],
  showsAllFiles: boolean,
): string {
  const parts = numbers.length === 0 ? [] : [formatNumbers(numbers)];
  const rows = groupRows(judged, numbers.length);
  const files = rows.filter(({ difference }) => difference.what.startsWith('files.'));
  // Those that still have to be looked at come first.
  const shown = files.toSorted(
    (a, b) => Number(a.difference.accepted !== null) - Number(b.difference.accepted !== null),
  );
  const kept = new Set(showsAllFiles ? files : shown.slice(0, MOST_FILES));
  const cells = rows
    .filter((row) => !row.difference.what.startsWith('files.') || kept.has(row))
    .map(({ platform, difference: { what, ours, theirs, accepted } }) => {
      const because = accepted === null ? '' : accepted.because === null ? 'accepted' : `accepted: ${accepted.because}`;
      return [what, platform, ours ?? '-', theirs ?? '-', because].map(cut);
    });
  if (cells.length > 0) parts.push(formatTable(left('difference', 'platform', 'ours', 'theirs', ''), cells));
  const rest = files.length - kept.size;
  if (rest > 0) parts.push(`… and ${rest} more files; --files lists them\n`);
  return parts.join('\n');
}

function formatNumbers(numbers: readonly ImageNumbers[]): string {
  const columns = left('platform', 'layers', 'shared', 'size', 'created', '');
  const rows = numbers.map(({ platform, ours, theirs, sharedLayers, daysYounger }) => [
    platform,
    `${ours.layers} / ${theirs.layers}`,
    String(sharedLayers),
    `${formatSize(ours.totalBytes)} / ${formatSize(theirs.totalBytes)}`,
    `${day(ours.created)} / ${day(theirs.created)}`,
    daysYounger === null ? '' : describeAge(daysYounger),
  ]);
  return formatTable(columns, rows);
}

function day(created: string | null): string {
  return printable(created?.slice(0, 10) ?? '-');
}

function describeAge(days: number): string {
  if (days === 0) return 'as old';
  const count = Math.abs(days);
  return `${count} day${count === 1 ? '' : 's'} ${days > 0 ? 'younger' : 'older'}`;
}

interface Row {
  readonly platform: string;
  readonly difference: JudgedDifference;
}

function groupRows(judged: readonly JudgedDifference[], platformCount: number): readonly Row[] {
  const groups = new Map<string, { readonly platforms: string[]; readonly difference: JudgedDifference }>();
  for (const difference of judged) {
    const { what, ours, theirs, accepted } = difference;
    const key = JSON.stringify([what, ours, theirs, accepted]);
    const group = groups.get(key) ?? { platforms: [], difference };
    group.platforms.push(difference.platform);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ platforms, difference }) => {
    const isAll = platformCount > 1 && platforms.length === platformCount;
    return { platform: isAll ? 'all' : platforms.join(' '), difference };
  });
}

function cut(text: string): string {
  const shown = printable(text);
  return shown.length > CELL_LENGTH ? `${shown.slice(0, CELL_LENGTH - 1)}…` : shown;
}
