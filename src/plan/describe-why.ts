import { printable } from '../report/printable.ts';
import type { Style } from '../report/style.ts';
import { describeChange, shortenValue } from './describe-change.ts';
import { describeLock, paintSymbol, symbolOf, uniteTargets } from './describe-plan.ts';
import type { ExplainedLeaf, ExplainedTarget } from './explain.ts';
import { describeMove } from './list-moves.ts';
import type { RecipePlan } from './plan.ts';

const CONTEXT_LINES = 2;

/** Shows why targets of a recipe are planned as they are; targets of which the same is to be said are united. */
export function formatWhy(plan: RecipePlan, targets: readonly ExplainedTarget[], style: Style): string {
  const described = targets.map((target) => describeTarget(target, style));
  const keyOf = ({ target, lines }: DescribedTarget) => JSON.stringify([symbolOf(target), target.reason, lines]);
  const groups = uniteTargets(described, keyOf).map((group) => formatGroup(plan.recipe, group, style));
  const ofLock = describeLock(plan);
  const notes = [...plan.moves.map(describeMove), ...(ofLock === null ? [] : [`${plan.recipe}: ${ofLock}`])];
  const lines = notes.map((note) => `${printable(note)}\n`).join('');
  return [...groups, ...(lines === '' ? [] : [lines])].join('\n');
}

interface DescribedTarget {
  readonly target: ExplainedTarget;
  /** All that is not the platform's own by nature. */
  readonly lines: readonly string[];
}

function describeTarget(target: ExplainedTarget, style: Style): DescribedTarget {
  const shown = target.leaves.filter(({ leaf, state }) => leaf !== 'platform' || state === 'changed');
  const titles = ['changed', 'not locked', 'unchanged', 'built from'] as const;
  return { target, lines: titles.flatMap((title) => formatLeaves(title, shown, style)) };
}

function formatGroup(recipe: string, group: readonly [DescribedTarget, ...DescribedTarget[]], style: Style): string {
  const [{ target: first, lines }] = group;
  const targets = group.map(({ target }) => target);
  const platforms = targets.map(({ platform }) => platform).join(', ');
  const all = [
    `${style.strong(recipe)} ${platforms}: ${paintSymbol(symbolOf(first), style)}`,
    `  ${printable(first.reason)}`,
    ...formatHashes(targets),
    ...lines,
  ];
  return `${all.join('\n')}\n`;
}

/** Of every platform, which image is there, and the input hash that it has and the one that it would have. */
function formatHashes(targets: readonly ExplainedTarget[]): readonly string[] {
  const indent = targets.length === 1 ? '  ' : '    ';
  return targets.flatMap(({ platform, published, recordedHash, inputHash }) => {
    const hash = recordedHash === inputHash ? [inputHash] : [recordedHash, inputHash];
    const hashes = hash.map((each) => each ?? '(none)').join(' -> ');
    const lines = [
      ...(published === null ? [] : [`${indent}image:      ${printable(published.name)}@${published.digest}`]),
      ...(recordedHash === null && inputHash === null ? [] : [`${indent}input hash: ${hashes}`]),
    ];
    return targets.length === 1 || lines.length === 0 ? lines : [`  ${platform}`, ...lines];
  });
}

const TITLES = { changed: 'changed', 'not locked': 'open', unchanged: 'same', 'built from': 'unknown' } as const;

function formatLeaves(title: keyof typeof TITLES, leaves: readonly ExplainedLeaf[], style: Style): readonly string[] {
  const own = leaves.filter(({ state }) => state === TITLES[title]);
  if (own.length === 0) return [];
  const lines = own.flatMap((each) => {
    if (each.state === 'changed') return describeChange(each, { style, contextLines: CONTEXT_LINES, mostLines: null });
    return [style.faint(`${printable(each.leaf)}: ${shortenValue(each.new)}`)];
  });
  return [`  ${title}:`, ...lines.map((line) => `    ${line}`)];
}
