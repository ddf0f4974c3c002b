import { printable } from '../report/printable.ts';
import type { Style } from '../report/style.ts';
import { countActions, hasNews } from './count-actions.ts';
import { describeChange } from './describe-change.ts';
import { describeMove } from './list-moves.ts';
import type { RecipePlan, TargetPlan } from './plan.ts';

const MOST_LINES = 20;

/** How targets are marked, and what the marks say; in the order of the legend. */
const SYMBOLS = {
  build: { mark: '+', meaning: 'no image is there' },
  rebuild: { mark: '~', meaning: 'the image that is there is not known to be the same' },
  skip: { mark: '=', meaning: 'the image that is there is the same' },
  unknown: { mark: '?', meaning: 'it cannot be decided' },
  drop: { mark: '-', meaning: 'it is there, and not in the recipe any more' },
} as const;

export type SymbolName = keyof typeof SYMBOLS;

/**
 * Shows plans as text: what is not as it is published, recipe by recipe, and a line with the sums. Recipes of which nothing
 * changes are counted only, unless they are among `named`.
 */
export function formatPlan(plans: readonly RecipePlan[], named: readonly string[], style: Style): string {
  const shown = plans.filter((plan) => named.includes(plan.recipe) || isNews(plan));
  const blocks = shown.map((plan) => formatRecipe(plan, style));
  return [...formatLegend(shown, style), ...blocks, formatSums(plans, style)].join('\n');
}

/** What a target is marked as: what replaces an image is rebuilt. */
export function symbolOf({ action, published }: TargetPlan): SymbolName {
  return action === 'build' && published !== null ? 'rebuild' : action;
}

/** A symbol with its word, coloured: `~ rebuild`. */
export function paintSymbol(name: SymbolName, style: Style): string {
  const text = `${SYMBOLS[name].mark} ${name}`;
  switch (name) {
    case 'build':
      return style.good(text);
    case 'rebuild':
      return style.warning(text);
    case 'skip':
      return style.faint(text);
    case 'unknown':
      return style.note(text);
    case 'drop':
      return style.error(text);
  }
}

/** Unites targets of which the same is to be said, in the order of the first of them. */
export function uniteTargets<Target>(
  targets: readonly Target[],
  keyOf: (target: Target) => string,
): readonly (readonly [Target, ...Target[]])[] {
  const groups = new Map<string, [Target, ...Target[]]>();
  for (const target of targets) {
    const known = groups.get(keyOf(target));
    if (known === undefined) groups.set(keyOf(target), [target]);
    else known.push(target);
  }
  return [...groups.values()];
}

/** What to do about a recipe's lock; null where it is as it should be, and where that is not known. */
export function describeLock({ recipe, parents, lock: { state, changes } }: RecipePlan): string | null {
  const follows = changes.length > 0 && changes.every(({ what }) => /^(?:input hash|source date) /.test(what));
  if (follows && parents.length > 0) {
    return `its lock has to follow that of ${parents.join(', ')}: run \`forkwright lock ${recipe}\` behind it`;
  }
  switch (state) {
    case 'missing':
      return `it has no lock: run \`forkwright lock ${recipe}\``;
    case 'stale':
      return `it was changed since it was locked: run \`forkwright lock ${recipe}\``;
    case 'behind': {
      const groups = [
        ...(changes.some(({ what }) => what.startsWith('upstream ')) ? ['upstream'] : []),
        ...(changes.some(({ what }) => what.startsWith('image ')) ? ['base'] : []),
      ];
      const commands = groups.map((group) => `\`forkwright lock --update ${group} ${recipe}\``);
      return `its lock is behind what it follows: run ${commands.join(' and ')}`;
    }
    case 'current':
    case 'unknown':
      return null;
  }
}

/** Also where nothing is built: that only the provenance would change should be seen. */
function isNews({ targets, dropped, moves }: RecipePlan): boolean {
  return (
    targets.some(({ action }) => action !== 'skip') ||
    dropped.length > 0 ||
    moves.some(({ hasSameTree }) => hasSameTree)
  );
}

function formatLegend(shown: readonly RecipePlan[], style: Style): readonly string[] {
  const used = new Set<SymbolName>(shown.flatMap(({ targets }) => targets.map(symbolOf)));
  if (shown.some(({ dropped }) => dropped.length > 0)) used.add('drop');
  const entries = Object.entries(SYMBOLS).flatMap(([name, { meaning }]) => {
    const symbol = [...used].find((each) => each === name);
    return symbol === undefined ? [] : [{ symbol, meaning }];
  });
  if (entries.length === 0) return [];
  const width = Math.max(...entries.map(({ symbol }) => symbol.length));
  const lines = entries.map(({ symbol, meaning }) => {
    return `  ${paintSymbol(symbol, style)}${' '.repeat(width - symbol.length + 2)}${meaning}\n`;
  });
  return [`Symbols:\n${lines.join('')}`];
}

function formatRecipe(plan: RecipePlan, style: Style): string {
  const { recipe, published, targets, dropped, moves } = plan;
  const described = targets.map((target) => describeTarget(target, style));
  const ofTargets = uniteTargets(described, ({ symbol, reason, changes }) =>
    JSON.stringify([symbol, reason, changes]),
  ).flatMap((group) => {
    const [{ symbol, reason, changes }] = group;
    const platforms = group.map(({ platform }) => platform).join(', ');
    return [`  ${symbol} ${platforms}: ${reason}`, ...changes.map((line) => `      ${line}`)];
  });
  const ofLock = describeLock(plan);
  const lines = [
    style.strong(recipe) + (published === null ? '' : style.faint(` (${published})`)),
    ...ofTargets,
    ...(dropped.length === 0 ? [] : [`  ${paintSymbol('drop', style)} ${dropped.map(printable).join(', ')}`]),
    ...[...moves.map(describeMove), ...(ofLock === null ? [] : [ofLock])].map((note) => `    ${printable(note)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function describeTarget(target: TargetPlan, style: Style) {
  const options = { style, contextLines: 0, mostLines: MOST_LINES };
  return {
    platform: target.platform,
    symbol: paintSymbol(symbolOf(target), style),
    reason: printable(target.reason),
    changes: target.changes.flatMap((change) => describeChange(change, options)),
  };
}

function formatSums(plans: readonly RecipePlan[], style: Style): string {
  const counts = countActions(plans);
  const { build, skip, unknown, drop } = counts;
  const dropping = drop === 0 ? '' : `; ${countOf(drop, 'platform')} to drop`;
  if (hasNews(counts)) {
    return `${style.strong('Plan:')} ${build} to build, ${skip} to skip, ${unknown} unknown${dropping}.\n`;
  }
  const isIn = (wanted: RecipePlan['store']) =>
    plans.filter(({ store }) => store === wanted).reduce((sum, { targets }) => sum + targets.length, 0);
  const [published, built] = [isIn('registry'), isIn('out')];
  const parts = [
    ...(published > 0 || built === 0 ? [`${countOf(published, 'target')} ${are(published)} what is published`] : []),
    ...(built > 0 ? [`${countOf(built, 'target')} ${are(built)} what lies in out/`] : []),
  ];
  return `${style.strong('No changes.')} ${parts.join(', ')}.\n`;
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function are(count: number): string {
  return count === 1 ? 'is' : 'are';
}
