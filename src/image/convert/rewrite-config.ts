import type { Finding } from '../../finding.ts';
import { parseConfig } from '../../oci/parse-config.ts';
import type { Digest } from '../../oci/digest.ts';
import { editJson, rawElements, rawMembers, type JsonEdit } from '../../oci/edit-json.ts';
import { parseStrictJson } from '../../oci/strict-json.ts';

/** What a config's history says about layers that became others. */
export interface LayerHistory {
  /** For each new layer the positions of the old ones that it was made of; a group of one is that layer as it was. */
  readonly groups: readonly (readonly number[])[];
  /** What made the layers of more than one. */
  readonly createdBy: string;
}

export interface ConfigChange {
  /** Of the new layers. */
  readonly diffIds: readonly Digest[];
  readonly history: LayerHistory;
  /** RFC 3339, where SOURCE_DATE_EPOCH asks for it; null keeps the config's. */
  readonly created: string | null;
  /** Where the config lies, for findings and errors. */
  readonly place: string;
}

/**
 * Fits a config to new layers; every byte that has nothing to do with them stays. The entries of layers that were merged
 * are kept in the history as entries without a layer, and one new entry stands behind them. Of an environment that names
 * a variable twice the last value stays, and a finding says so: engines take it, Kubernetes promises nothing. Throws
 * `json.malformed`, `config.malformed`. Specification: OCI image-spec, config.md.
 */
export function rewriteConfig(
  raw: Uint8Array,
  { diffIds, history, created, place }: ConfigChange,
): { readonly raw: Buffer; readonly findings: readonly Finding[] } {
  const config = parseConfig(parseStrictJson(raw, place), place);
  const text = Buffer.from(raw).toString('utf8');
  const members = rawMembers(text);
  const time = created ?? config.created;
  const env = resolveEnv(config.container.env);
  const edits: JsonEdit[] = [
    ...(created === null ? [] : [{ path: ['created'], json: JSON.stringify(created) }]),
    ...(isObject(members.get('rootfs')) ? [] : [{ path: ['rootfs'], json: '{"type":"layers"}' }]),
    { path: ['rootfs', 'diff_ids'], json: JSON.stringify(diffIds) },
    { path: ['history'], json: rewriteHistory(members.get('history'), config.history, history, time) },
    ...(env.repeated.length === 0 ? [] : [{ path: ['config', 'Env'], json: JSON.stringify(env.kept) }]),
  ];
  const findings = env.repeated.map((name): Finding => {
    const value = env.kept.find((entry) => nameOf(entry) === name) ?? '';
    const said = `the environment had ${name} several times; the last one is kept: ${JSON.stringify(value)}`;
    return { code: 'config.env-resolved', severity: 'note', place, text: said, hint: null };
  });
  return { raw: Buffer.from(editJson(text, edits)), findings };
}

function isObject(json: string | undefined): boolean {
  return json !== undefined && json.startsWith('{');
}

function rewriteHistory(
  json: string | undefined,
  entries: readonly { readonly isEmptyLayer: boolean }[],
  { groups, createdBy }: LayerHistory,
  created: string | null,
): string {
  const old = json === undefined || json === 'null' ? [] : rawElements(json);
  const made = JSON.stringify({ ...(created === null ? {} : { created }), created_by: createdBy });
  const layerEntries = [...entries.keys()].filter((index) => entries[index]?.isEmptyLayer === false);
  const layerCount = groups.reduce((sum, group) => sum + group.length, 0);
  // A history that does not fit the layers says nothing about any of them.
  if (layerEntries.length !== layerCount) return list([...old.map(withoutLayer), ...groups.map(() => made)]);

  const merged = new Set<number>();
  const ends = new Set<number>();
  for (const group of groups.filter(({ length }) => length > 1)) {
    const indexes = group.map((position) => layerEntries[position] ?? -1);
    for (const index of indexes) merged.add(index);
    ends.add(indexes.at(-1) ?? -1);
  }
  const rewritten = old.flatMap((entry, index) => {
    const own = merged.has(index) ? withoutLayer(entry) : entry;
    return ends.has(index) ? [own, made] : [own];
  });
  return list(rewritten);
}

function withoutLayer(entry: string): string {
  return editJson(entry, [{ path: ['empty_layer'], json: 'true' }]);
}

function list(elements: readonly string[]): string {
  return `[${elements.join(',')}]`;
}

/** The last entry of each name, in their order, and the names that came more than once. */
function resolveEnv(env: readonly string[]): {
  readonly kept: readonly string[];
  readonly repeated: readonly string[];
} {
  const last = new Map(env.map((entry, index) => [nameOf(entry), index]));
  const kept = env.filter((entry, index) => last.get(nameOf(entry)) === index);
  const repeated = [...last.keys()].filter((name) => env.filter((entry) => nameOf(entry) === name).length > 1);
  return { kept, repeated };
}

function nameOf(entry: string): string {
  return entry.split('=', 1)[0] ?? '';
}
