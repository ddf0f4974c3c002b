import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  type CST,
  type Document,
  type Node,
  type Pair,
  type Scalar,
} from 'yaml';
import type { Path } from './fault.ts';

/** How many levels of maps and lists a parsed text has, and how many keys and values. Does not recurse. */
export function measureTokens(tokens: readonly CST.Token[]): { readonly depth: number; readonly count: number } {
  const open: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  let deepest = 0;
  let count = 0;
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const { token, depth } = entry;
    deepest = Math.max(deepest, depth);
    count++;
    if (token.type === 'document' && token.value !== undefined) open.push({ token: token.value, depth });
    if (!('items' in token)) continue;
    for (const { key, value } of token.items) {
      if (key !== undefined && key !== null) open.push({ token: key, depth: depth + 1 });
      if (value !== undefined) open.push({ token: value, depth: depth + 1 });
    }
  }
  return { depth: deepest, count };
}

/** A fault of a single node. */
export interface NodeFault {
  readonly code: string;
  readonly offset: number;
  readonly what: string;
  readonly hint: string | null;
}

/**
 * Finds what the library lets pass or takes too long to find: keys that stand twice in one map (it compares every key
 * with every other one), `__proto__`, which JavaScript objects cannot hold like another key, and aliases of nothing or
 * of what they stand in.
 */
export function checkNodes(root: Node, lineOf: (offset: number) => number): readonly NodeFault[] {
  const faults: NodeFault[] = [];
  const anchors = new Map<string, unknown>();
  const open = new Set<unknown>();

  const visit = (node: unknown): void => {
    if (isAlias(node)) return visitAlias(node.source, startOf(node));
    if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
    if (!isCollection(node)) return;
    open.add(node);
    if (isMap(node)) visitPairs(node.items);
    else node.items.forEach(visit);
    open.delete(node);
  };

  const visitAlias = (name: string, offset: number): void => {
    const what = !anchors.has(name)
      ? `*${name} names an anchor that is not above it`
      : open.has(anchors.get(name))
        ? `*${name} stands inside of what it names`
        : null;
    if (what !== null) faults.push({ code: 'aliases', offset, what, hint: null });
  };

  const visitPairs = (pairs: readonly Pair[]): void => {
    const firstLines = new Map<string, number>();
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? String(key.value) : '';
      const offset = startOf(key);
      const firstLine = firstLines.get(name);
      if (name === '__proto__') faults.push({ code: 'key', offset, what: `"${name}" cannot be a key`, hint: null });
      else if (firstLine === undefined) firstLines.set(name, lineOf(offset));
      else {
        const what = `the key ${JSON.stringify(name)} is already on line ${firstLine}`;
        faults.push({ code: 'duplicate-key', offset, what, hint: 'keep one of them' });
      }
      visit(key);
      visit(value);
    }
  };

  visit(root);
  return faults;
}

/**
 * The offset of a value, or of its key, in the text; for what is not there, of the innermost map or list around it.
 * An alias is followed: the place is where its anchor stands.
 */
export function findOffset(document: Document, path: Path, at: 'key' | 'value'): number {
  let node: unknown = document.contents;
  for (const [index, part] of path.entries()) {
    const inner = follow(document, node);
    if (!isCollection(inner)) break;
    const pair = isMap(inner) ? inner.items.find(({ key }) => isScalar(key) && key.value === part) : undefined;
    const value: unknown = isMap(inner) ? pair?.value : inner.items[Number(part)];
    if (at === 'key' && index === path.length - 1 && isPair(pair)) return startOf(pair.key);
    if (value === undefined || value === null) break;
    node = value;
  }
  return startOf(node);
}

/** How the scalar at a path is spelt in the text; null where there is none. */
export function findSource(document: Document, path: Path): string | null {
  return findScalar(document, path)?.source ?? null;
}

/** The scalar at a path, for an alias that of its anchor; null where there is none. */
export function findScalar(document: Document, path: Path): Scalar | null {
  let node: unknown = document.contents;
  for (const part of path) {
    const inner = follow(document, node);
    if (!isCollection(inner)) return null;
    node = inner.get(part, true);
  }
  const scalar = follow(document, node);
  return isScalar(scalar) ? scalar : null;
}

function follow(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function startOf(node: unknown): number {
  const range: unknown = typeof node === 'object' && node !== null && 'range' in node ? node.range : null;
  return Array.isArray(range) ? Number(range[0]) : 0;
}
