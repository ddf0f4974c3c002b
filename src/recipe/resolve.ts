import type { Finding } from '../finding.ts';
import type { RecipeLock } from '../lock/lock.ts';
import { parsePlatform } from '../platform/parse.ts';
import { checkSections, type Sections } from './check-sections.ts';
import type { YamlDocument } from './document.ts';
import { reportInto, type Fault, type Path, type Report } from './fault.ts';
import { toFindings } from './to-findings.ts';
import { foldLines } from './labels.ts';
import { isIndexName, type Name } from './name-text.ts';
import { applyOverride } from './override.ts';
import { readPlatforms, type PlatformEntry } from './platform-list.ts';
import { resolvePublish } from './publish.ts';
import { resolveArchives } from './resolve-archives.ts';
import { resolveParity } from './resolve-parity.ts';
import { baseSchema, nameSchema, TARGET_KEYS, targetSchema, type BaseFields } from './recipe-schema.ts';
import { resolveTarget, valuesOf, type RecipeContext } from './resolve-target.ts';
import type { ResolvedRecipe, Target } from './target.ts';
import { PLATFORM_BOUND, platformKeys } from './target-texts.ts';
import { UNVERSIONED } from './version.ts';
import type { WorkspaceDefaults } from './workspace-file.ts';
import { pickKeys, type YamlMap } from './yaml-map.ts';

export interface Resolved {
  /** null where a finding is an error. */
  readonly recipe: ResolvedRecipe | null;
  readonly findings: readonly Finding[];
}

// What a faulty forkwright.yaml may be the reason of.
const OF_WORKSPACE: readonly string[] = ['no-setting', 'no-platforms', 'no-runner'];

/**
 * Checks a recipe's document and resolves it for all its platforms: defaults and workspace settings, overrides, names
 * in braces. `name` is what its file is called; what the recipe leaves open is taken from `lock`, where it has one. Pure;
 * every fault is a finding `recipe.*`.
 */
export function resolveRecipe(
  document: YamlDocument,
  name: string,
  defaults: WorkspaceDefaults,
  lock: RecipeLock | null,
): Resolved {
  const faults: Fault[] = [];
  const reportAll = reportInto(faults);
  const report: Report = (path, code, ...rest) => {
    if (!defaults.isFaulty || !OF_WORKSPACE.includes(code)) reportAll(path, code, ...rest);
  };
  const base = checkSections(baseSchema, document.data, [], document, report);
  if (base.fields.name !== undefined && base.fields.name !== name) {
    const what = `${JSON.stringify(base.fields.name)} is not what the file is called`;
    const rename = `rename the file to ${base.fields.name}.yaml`;
    const hint = nameSchema.safeParse(name).success ? `write name: ${name}, or ${rename}` : rename;
    report(['name'], 'name-mismatch', what, { hint });
  }
  const { entries, isComplete } = listEntries(document, base, defaults, report);
  const context: RecipeContext = {
    recipe: name,
    recipePlatforms: isComplete ? new Set(entries.flatMap(({ platform }) => platformKeys(platform))) : null,
    values: indexValues(name, defaults),
    defaults,
    lock,
  };
  const targets = entries.map((entry) =>
    entry.override === null
      ? resolveTarget(base, entry, context, report)
      : resolveOverridden(document, entry, entry.override, context, report),
  );
  const first = entries[0] ?? STAND_IN;
  if (entries.every(({ override }) => override !== null)) {
    // No target is the recipe without overrides, which has to be sound too; what one platform lacks does not count.
    resolveTarget(base, { ...first, emulate: null }, context, (path, code, what, details = {}) => {
      if (!PLATFORM_BOUND.includes(code) && details.severity !== 'warning') report(path, code, what, details);
    });
  }
  const values = valuesOf(first.platform, base, context, () => {});
  const version = values.get('version');
  const indexOnly = new Map([...values].filter(([key]) => isIndexName(key)));
  const { fork, publish } = resolvePublish(base.fields, indexOnly, report);
  const platforms = entries.map(({ platform }) => platform);
  const archives = resolveArchives(base.fields.archives, name, platforms, report);
  const parity = resolveParity(base.fields.parity, platforms, report);
  const findings = toFindings(faults, 'recipe', document);
  if (defaults.isFaulty || findings.some(({ severity }) => severity === 'error')) return { recipe: null, findings };
  return {
    recipe: {
      name,
      file: document.file,
      description: foldLines(base.fields.description ?? ''),
      version: version ?? UNVERSIONED,
      fork,
      publish,
      archives,
      parity,
      lock,
      targets: targets.filter((target) => target !== null),
    },
    findings,
  };
}

const STAND_IN: PlatformEntry = {
  platform: parsePlatform('linux/amd64'),
  path: [],
  emulate: null,
  runner: null,
  override: null,
};

/** Gives the recipe's platforms, or the workspace's where it names none, in index order. */
function listEntries(
  document: YamlDocument,
  { fields, broken }: Sections<BaseFields>,
  defaults: WorkspaceDefaults,
  report: Report,
): { readonly entries: readonly PlatformEntry[]; readonly isComplete: boolean } {
  if (broken.has('platforms')) return { entries: [], isComplete: false };
  if (fields.platforms === undefined && defaults.platforms.length > 0) {
    // Their places are in another file; a fault of one of them stands at the head of this one.
    return { entries: defaults.platforms.map((entry) => ({ ...entry, path: [] })), isComplete: true };
  }
  const list = fields.platforms ?? [];
  if (list.length === 0) {
    const what = 'no platforms are said, here or in forkwright.yaml';
    report(['platforms'], 'no-platforms', what, { hint: 'add platforms: [linux/amd64, linux/arm64]' });
  }
  const entries = readPlatforms(list, document, report, (path) => document.locate(path, 'value').line);
  return { entries, isComplete: list.length > 0 && entries.length === list.length };
}

/** Checks and resolves the recipe with an entry's overrides in it; faults are reported where their values stand. */
function resolveOverridden(
  document: YamlDocument,
  entry: PlatformEntry,
  override: YamlMap,
  context: RecipeContext,
  report: Report,
): Target | null {
  const { data, originOf } = applyOverride(pickKeys(document.data, TARGET_KEYS), override, entry.path);
  const reportMerged: Report = (path, code, what, details = {}) => {
    const { missing } = details;
    // What the override removed is missing there, not where the recipe has it.
    const removed = missing === undefined ? [] : originOf([...path, missing]);
    const isRemoved = removed[0] === 'platforms';
    if (isRemoved) report(removed, code, what, { ...details, at: 'key' });
    else report(originOf(path), code, what, details);
  };
  const checked = { data, sourceOf: (path: Path) => document.sourceOf(originOf(path)) };
  const sections = checkSections(targetSchema, data, [], checked, reportMerged);
  return resolveTarget(sections, entry, context, reportMerged);
}

function indexValues(name: string, { group, registry }: WorkspaceDefaults): ReadonlyMap<Name, string> {
  const values = new Map<Name, string>([['name', name]]);
  if (group !== null) values.set('group', group);
  if (registry !== null) values.set('registry', registry);
  return values;
}
