import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceOutput } from '../../archive/write/replace-output.ts';
import { hasFailed } from '../../finding.ts';
import { diffLocks, type LockChange } from '../../lock/diff-locks.ts';
import { formatLock } from '../../lock/format-lock.ts';
import { EMPTY_LOCK, lockPath, type RecipeLock } from '../../lock/lock.ts';
import type { UpdateGroup } from '../../lock/look-ups.ts';
import type { MadeLock } from '../../lock/make-locks.ts';
import { loadWorkspace } from '../../recipe/load.ts';
import { requireKnown } from '../../recipe/require-known.ts';
import { formatTable } from '../../report/table.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { describeFailures } from '../describe-failures.ts';
import { findLockFaults } from '../lock/frozen.ts';
import { openLookUps } from '../lock/look-ups.ts';
import { lockRecipes } from '../lock/lock-recipes.ts';
import { findOrphans, readLocks } from '../lock/read-locks.ts';

const SCHEMA = 'forkwright.lock/v1';
const ALL: readonly UpdateGroup[] = ['upstream', 'base', 'packages'];

export interface LockArguments {
  /** Names; none for all. */
  readonly recipes: readonly string[];
  /** What is resolved anew although it is locked; null for nothing. */
  readonly update: UpdateGroup | 'all' | null;
  readonly isFrozen: boolean;
}

interface Locked {
  readonly recipe: string;
  readonly path: string;
  readonly state: 'written' | 'unchanged' | 'failed';
  readonly isNew: boolean;
  readonly changes: readonly LockChange[];
}

/**
 * `forkwright lock`: resolves what recipes leave open, and writes it to locks/; what is locked stays, but for what `update`
 * names. With `isFrozen` it writes nothing and finds what is not locked as the recipes say. Ends with 2 where something
 * could not be resolved; the other recipes are locked all the same. Throws `recipe.unknown-name`, `lock.circle`.
 */
export async function lockCommand(options: LockArguments, invocation: Invocation): Promise<CommandResult> {
  const { root } = invocation;
  const loaded = await loadWorkspace(root, [], new Map());
  const { workspace } = loaded;
  // That nothing is pinned is what this is for.
  const found = loaded.findings.filter(({ code }) => code !== 'recipe.unpinned');
  if (hasFailed(found, false)) return { schema: SCHEMA, json: { recipes: [] }, text: '', findings: found };
  const known = workspace.recipes.map(({ name }) => name);
  requireKnown(options.recipes, known);
  const recipes = options.recipes.length === 0 ? known : known.filter((name) => options.recipes.includes(name));
  const severity = options.isFrozen ? 'error' : 'warning';
  const orphans = options.recipes.length === 0 ? await findOrphans(root, new Set(known), severity) : [];
  if (options.isFrozen) {
    const faults = await findLockFaults(recipes, invocation);
    const text = faults.length + orphans.length === 0 ? `${recipes.length} locks are what the recipes say\n` : '';
    return { schema: SCHEMA, json: { recipes: [] }, text, findings: [...found, ...orphans, ...faults] };
  }
  const { locks, findings: ofLocks } = await readLocks(root, known);
  if (ofLocks.length > 0) return { schema: SCHEMA, json: { recipes: [] }, text: '', findings: [...found, ...ofLocks] };
  const { lookUps, close } = openLookUps(workspace, invocation);
  const update = new Set(options.update === 'all' ? ALL : options.update === null ? [] : [options.update]);
  const made = await lockRecipes({ workspace, locks, recipes, update, lookUps }, invocation).finally(close);
  const results: Locked[] = [];
  for (const each of made) results.push(await writeLock(each, locks.get(each.recipe.name) ?? null, root));
  return {
    schema: SCHEMA,
    json: { recipes: results.map(({ recipe, path, state, changes }) => ({ recipe, path, state, changes })) },
    text: formatResults(results),
    findings: [...found, ...orphans, ...made.flatMap(({ recipe, failures }) => describeFailures(recipe, failures))],
    ...(results.some(({ state }) => state === 'failed') ? { exitCode: 2 as const } : {}),
  };
}

async function writeLock(
  { recipe, lock, failures }: MadeLock,
  before: RecipeLock | null,
  root: string,
): Promise<Locked> {
  const common = { recipe: recipe.name, path: lockPath(recipe.name), isNew: before === null };
  // Half a lock would be taken for a whole one.
  if (failures.length > 0) return { ...common, state: 'failed', changes: [] };
  const changes = diffLocks(before ?? EMPTY_LOCK, lock);
  const isSame = before !== null && formatLock(before) === formatLock(lock);
  if (isSame) return { ...common, state: 'unchanged', changes };
  await replaceOutput(join(root, common.path), (temporary) => writeFile(temporary, formatLock(lock), { flag: 'wx' }));
  return { ...common, state: 'written', changes };
}

function formatResults(results: readonly Locked[]): string {
  const changed = results.filter(({ state, isNew }) => state === 'written' && !isNew);
  const rows = changed.flatMap(({ recipe, changes }) =>
    changes.map(({ what, old, new: fresh }) => [recipe, what, shorten(old), shorten(fresh)]),
  );
  const columns = ['recipe', 'what', 'was', 'is'].map((title) => ({ title, align: 'left' as const }));
  const lines = results.map(({ recipe, path, state, isNew }) => {
    if (state === 'failed') return `${recipe}: not locked\n`;
    return state === 'unchanged' ? `${recipe}: unchanged\n` : `${recipe}: ${isNew ? 'wrote' : 'changed'} ${path}\n`;
  });
  return (rows.length === 0 ? '' : `${formatTable(columns, rows)}\n`) + lines.join('');
}

/** Digests and commits as people tell them apart. */
function shorten(value: string | null): string {
  return value?.replace(/^((?:sha\d+:)?[0-9a-f]{12})[0-9a-f]{20,}$/, '$1') ?? '-';
}
