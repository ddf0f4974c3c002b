import type { ProposalOutcome } from '../../forge/proposal.ts';
import type { Step } from '../../forge/step.ts';
import { diffChange } from '../../render/check-stale.ts';
import type { Change as FileDifference } from '../../render/plan-writes.ts';
import { printable } from '../../report/printable.ts';
import type { Style } from '../../report/style.ts';
import { formatTable } from '../../report/table.ts';
import type { Draft } from './wanted.ts';

/** What is to be done about a merge request, or what was. */
export interface ShownStep {
  readonly key: string;
  readonly action: Step['action'] | ProposalOutcome['action'];
  readonly reason: string;
  /** Of the merge request; null where there is none. */
  readonly url: string | null;
}

/** Shows merge requests whole: title, branch, text, and what changes in which file. */
export function formatDrafts(drafts: readonly Draft[], style: Style): string {
  return drafts.map((draft) => formatDraft(draft, style)).join('\n');
}

function formatDraft({ proposal, files }: Draft, style: Style): string {
  const { title, branch, labels, body } = proposal;
  const labelled = labels.length === 0 ? '' : `labels ${labels.join(', ')}\n`;
  return `${style.strong(title)}\nbranch ${branch}\n${labelled}\n${body}\n${files.map(formatFile).join('')}`;
}

function formatFile(file: FileDifference): string {
  return unifiedDiff(file).split('\n').map(printableLine).join('\n');
}

/** Gives a unified diff of a file; where the two have too little in common, a line that says so. */
export function unifiedDiff(file: FileDifference): string {
  return diffChange(file) ?? `--- ${file.path} is another file altogether\n`;
}

/** Tabs are what they are. */
function printableLine(line: string): string {
  return line.split('\t').map(printable).join('\t');
}

/** Shows what is done or to be done, a line each, and a line with the sums. */
export function formatSteps(steps: readonly ShownStep[], isDryRun: boolean): string {
  if (steps.length === 0) return 'nothing to propose\n';
  const rows = steps.map(({ key, action, reason, url }) => [printable(key), action, printable(reason), url ?? '']);
  const columns = ['what', isDryRun ? 'to do' : 'done', 'reason', ''].map((title) => ({
    title,
    align: 'left' as const,
  }));
  const actions = [...new Set(steps.map(({ action }) => action))];
  const sums = actions.map((action) => `${steps.filter((step) => step.action === action).length} ${action}`);
  return `${formatTable(columns, rows)}\n${sums.join(', ')}\n`;
}
