import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, isSeq, parseDocument, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { ForkwrightError } from '../errors.ts';
import { parseYaml } from './document.ts';
import { parseWorkspacePath } from './workspace-path.ts';
import { isMap as isRecord, omitKeys, type YamlMap } from './yaml-map.ts';

/** Takes a part of a text away, and puts another text there. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A `patches:` of a recipe: its own, or that of an entry of `platforms`. */
interface PatchList {
  readonly key: Scalar;
  readonly list: YAMLSeq;
  /** The map that it is a key of. */
  readonly map: YAMLMap;
  readonly isOwn: boolean;
}

/**
 * Takes patches out of the text of a sound recipe, wherever it lists them; `names` are relative to the recipe's folder of
 * patches. With a patch goes its line, and comments directly above it; all else stays byte for byte. The recipe's own list
 * goes when nothing is left of it; that of a platform stays empty, since without it the platform would have the recipe's.
 * Throws `recipe.not-edited` where that cannot be done in this text.
 */
export function dropPatches(text: string, file: string, names: ReadonlySet<string>): string {
  let edited = text;
  for (let edit = nextEdit(edited, names); edit !== null; edit = nextEdit(edited, names)) {
    edited = edited.slice(0, edit.start) + edit.text + edited.slice(edit.end);
  }
  const [before, after] = [parseYaml(text, file), parseYaml(edited, file)];
  const isRight =
    'data' in before &&
    'data' in after &&
    isDeepStrictEqual(without(after.data, new Set()), without(before.data, names));
  if (isRight) return edited;
  throw new ForkwrightError('recipe.not-edited', `the patches ${[...names].join(', ')} cannot be taken out`, {
    place: file,
    hint: 'write patches: as a plain list, one to a line, or take them out by hand',
  });
}

/** The first edit that is needed; null for none. An anchored list stands for its aliases too. */
function nextEdit(text: string, names: ReadonlySet<string>): Edit | null {
  for (const each of findLists(text)) {
    const drops = each.list.items.map((item) => isNamed(item, names));
    const index = drops.indexOf(true);
    if (index === -1) continue;
    if (drops.every(Boolean)) return dropList(text, each);
    return hasOwnLine(text, each.list, index) ? dropLine(text, each.list, index) : dropFlowItem(text, each.list, index);
  }
  return null;
}

function findLists(text: string): readonly PatchList[] {
  const { contents } = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: false, stringKeys: true });
  if (!isMap(contents)) return [];
  const platforms = findPair(contents, 'platforms')?.value;
  const entries = isSeq(platforms) ? platforms.items.filter((entry) => isMap(entry)) : [];
  return [contents, ...entries].flatMap((map, index) => {
    const pair = findPair(map, 'patches');
    if (pair === undefined || !isScalar(pair.key) || !isSeq(pair.value)) return [];
    return { key: pair.key, list: pair.value, map, isOwn: index === 0 };
  });
}

function findPair(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name);
}

function isNamed(item: unknown, names: ReadonlySet<string>): boolean {
  return isScalar(item) && typeof item.value === 'string' && names.has(parseWorkspacePath(item.value));
}

/** Where a node is, without what surrounds it. */
function rangeOf(node: unknown): readonly [start: number, end: number] {
  const range = isScalar(node) || isSeq(node) ? node.range : null;
  return range === null || range === undefined ? [0, 0] : [range[0], range[1]];
}

function dropList(text: string, { key, list, map, isOwn }: PatchList): Edit {
  const [keyStart, keyEnd] = rangeOf(key);
  const lastEnd = list.flow === true ? rangeOf(list)[1] : endOfLine(text, rangeOf(list.items.at(-1))[1]);
  const isAlone = startOfLine(text, keyStart) === keyStart;
  if (isOwn && isAlone && map.flow !== true && list.anchor === undefined) {
    return { start: keyStart, end: behindLine(text, lastEnd), text: '' };
  }
  const [listStart] = rangeOf(list);
  const isPlain = /^\s*:\s*$/.test(text.slice(keyEnd, listStart));
  return isPlain ? { start: keyEnd, end: lastEnd, text: ': []' } : { start: listStart, end: lastEnd, text: '[]' };
}

function hasOwnLine(text: string, list: YAMLSeq, index: number): boolean {
  if (list.flow !== true) return true;
  const [start, end] = rangeOf(list.items[index]);
  const isFirst = /^[ \t]*$/.test(text.slice(startOfLine(text, start), start));
  return isFirst && /^[ \t]*,?[ \t]*(?:#.*)?$/.test(text.slice(end, endOfLine(text, end)));
}

function dropFlowItem(text: string, list: YAMLSeq, index: number): Edit {
  const [start, end] = rangeOf(list.items[index]);
  const next = list.items[index + 1];
  if (next !== undefined) return { start, end: rangeOf(next)[0], text: '' };
  return { start: rangeOf(list.items[index - 1])[1], end, text: '' };
}

function dropLine(text: string, list: YAMLSeq, index: number): Edit {
  const [itemStart, itemEnd] = rangeOf(list.items[index]);
  let start = startOfLine(text, itemStart);
  const indent = /^[ \t]*/.exec(text.slice(start))?.[0] ?? '';
  for (let above = startOfLine(text, start - 1); start > 0; above = startOfLine(text, start - 1)) {
    if (!text.slice(above, start).startsWith(`${indent}#`)) break;
    start = above;
  }
  return { start, end: behindLine(text, itemEnd), text: '' };
}

function startOfLine(text: string, offset: number): number {
  return offset <= 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

function endOfLine(text: string, offset: number): number {
  const length = /^[^\r\n]*/.exec(text.slice(offset))?.[0].length ?? 0;
  return offset + length;
}

function behindLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end + 1;
}

/** What a recipe says without these patches; a list of its own that is empty says nothing. */
function without(data: YamlMap, names: ReadonlySet<string>): YamlMap {
  const filter = (list: unknown) =>
    Array.isArray(list)
      ? list.filter((name: unknown) => typeof name !== 'string' || !names.has(parseWorkspacePath(name)))
      : list;
  const { platforms, patches } = data;
  const entries = Array.isArray(platforms)
    ? platforms.map((entry: unknown) =>
        isRecord(entry) && 'patches' in entry ? { ...entry, patches: filter(entry['patches']) } : entry,
      )
    : platforms;
  const own = filter(patches);
  const rest = omitKeys(data, ['patches', 'platforms']);
  const isEmpty = own === undefined || (Array.isArray(own) && own.length === 0);
  return { ...rest, platforms: entries, ...(isEmpty ? {} : { patches: own }) };
}
