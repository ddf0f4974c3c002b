import { nameOf, type ForkRef } from '../../forge/fork-plan.ts';
import type { SyncedFork } from '../../forge/fork-sync.ts';
import { printable } from '../../report/printable.ts';
import type { Style } from '../../report/style.ts';
import { formatTable } from '../../report/table.ts';

const SHOWN_DIGITS = 12;
const STATES = ['created', 'moved', 'unchanged', 'blocked'] as const;

/** Shows what became of forks: a line per ref, tags that stayed in one, and a line with the sums. */
export function formatForks(forks: readonly SyncedFork[], isDryRun: boolean, style: Style): string {
  const rows = forks.flatMap((fork) => {
    const lines = [...describeProject(fork), ...describeRefs(fork.refs, style)];
    return lines.map((line, index) => [index === 0 ? fork.recipe : '', ...line]);
  });
  const columns = ['recipe', 'ref', 'state', 'commit', ''].map((title) => ({ title, align: 'left' as const }));
  const table = rows.length === 0 ? '' : formatTable(columns, rows);
  return `${table}${table === '' ? '' : '\n'}${countRefs(forks, isDryRun)}\n`;
}

function describeProject({ project, url, defaultBranch }: SyncedFork): readonly (readonly string[])[] {
  const made = project === 'created' ? 'created' : project === 'missing' ? 'to be created' : null;
  return [
    ...(made === null ? [] : [[printable(url), made, '', 'private, without pipelines']]),
    ...(defaultBranch === null ? [] : [['default branch', 'set', '', printable(defaultBranch)]]),
  ];
}

function describeRefs(refs: readonly ForkRef[], style: Style): readonly (readonly string[])[] {
  const isQuiet = ({ ref, state }: ForkRef) => ref.startsWith('refs/tags/') && state === 'unchanged';
  const quiet = refs.filter(isQuiet);
  const lines = refs
    .filter((ref) => !isQuiet(ref))
    .map(({ ref, state, from, to, reason }) => {
      const kind = ref.startsWith('refs/tags/') ? 'tag ' : '';
      return [`${kind}${printable(nameOf(ref))}`, paint(state, style), showCommits(state, from, to), printable(reason)];
    });
  if (quiet.length === 0) return lines;
  return [...lines, [`${quiet.length} tag${quiet.length === 1 ? '' : 's'}`, paint('unchanged', style), '', '']];
}

function showCommits(state: ForkRef['state'], from: string | null, to: string): string {
  const end = to.slice(0, SHOWN_DIGITS);
  return from === null || state === 'unchanged' ? end : `${from.slice(0, SHOWN_DIGITS)} -> ${end}`;
}

function countRefs(forks: readonly SyncedFork[], isDryRun: boolean): string {
  const refs = forks.flatMap((fork) => fork.refs);
  const counts = STATES.map((state) => ({ state, count: refs.filter((ref) => ref.state === state).length }));
  const shown = counts.filter(({ count }) => count > 0).map(({ state, count }) => `${count} ${state}`);
  if (shown.length === 0) return 'there are no forks';
  const isCurrent = refs.every(({ state }) => state === 'unchanged');
  return `${isCurrent ? 'up to date: ' : isDryRun ? 'nothing was written: ' : ''}${shown.join(', ')}`;
}

function paint(state: ForkRef['state'], style: Style): string {
  switch (state) {
    case 'blocked':
      return style.error(state);
    case 'created':
    case 'moved':
      return style.good(state);
    case 'unchanged':
      return style.faint(state);
  }
}
