/** One change of a JSON document: the value at a path becomes another one, or is taken away. */
export interface JsonEdit {
  /** Keys and indexes from the document inwards: `['layers', 0, 'mediaType']`. */
  readonly path: readonly (string | number)[];
  /** JSON text of the new value; null takes the key, or the list's element, away. */
  readonly json: string | null;
}

/** A value of a document, by where its text stands. */
interface Span {
  readonly start: number;
  readonly end: number;
}

interface Member extends Span {
  readonly key: string;
  readonly value: Span;
}

const TEXT = /"(?:[^"\\]|\\.)*"/y;
const WORD = /[^\s,\]}]+/y;
const SPACE = /[ \t\n\r]*/y;

/**
 * Changes single values of a JSON text and leaves every other byte as it is: unknown keys, the order of keys, numbers
 * that a double cannot hold (`1.0`, `12345678901234567890`), escapes, white space. A key that is not there is added behind
 * the others; an index must be there. Edits are made one after another. The text must be JSON that `parseStrictJson`
 * accepts. Throws RangeError for a path that leads nowhere.
 */
export function editJson(text: string, edits: readonly JsonEdit[]): string {
  return edits.reduce((edited, { path, json }) => editOnce(edited, path, json), text);
}

/** The raw texts of an object's values by key, in their order. Throws RangeError where the value is no object. */
export function rawMembers(text: string): ReadonlyMap<string, string> {
  const root = valueAt(text, 0);
  return new Map(membersOf(text, root, []).map(({ key, value }) => [key, text.slice(value.start, value.end)]));
}

/** The raw texts of a list's elements. Throws RangeError where the value is no list. */
export function rawElements(text: string): readonly string[] {
  return elementsOf(text, valueAt(text, 0), []).map(({ value }) => text.slice(value.start, value.end));
}

function editOnce(text: string, path: JsonEdit['path'], json: string | null): string {
  let parent = valueAt(text, 0);
  for (const [depth, step] of path.slice(0, -1).entries()) {
    const found = partsOf(text, parent, path, depth).find((part, index) => isAt(part, index, step));
    if (found === undefined) throw leadsNowhere(path);
    parent = found.value;
  }
  const last = path.at(-1);
  if (last === undefined) return json === null ? '' : splice(text, parent, json);
  const parts = partsOf(text, parent, path, path.length - 1);
  const index = parts.findIndex((part, at) => isAt(part, at, last));
  const part = parts[index];
  if (part !== undefined) {
    return json === null ? removePart(text, parts, index) : splice(text, part.value, json);
  }
  if (json === null) return text;
  if (typeof last === 'number') throw leadsNowhere(path);
  const before = parts.at(-1)?.end ?? parent.start + 1;
  const comma = parts.length === 0 ? '' : ',';
  return `${text.slice(0, before)}${comma}${JSON.stringify(last)}:${json}${text.slice(before)}`;
}

function isAt(part: Member, index: number, step: string | number): boolean {
  return typeof step === 'number' ? index === step : part.key === step;
}

function partsOf(text: string, parent: Span, path: JsonEdit['path'], depth: number): readonly Member[] {
  return typeof path[depth] === 'number' ? elementsOf(text, parent, path) : membersOf(text, parent, path);
}

function splice(text: string, { start, end }: Span, json: string): string {
  return text.slice(0, start) + json + text.slice(end);
}

/** Takes a part away with the comma that parted it from the next one, or the one before it. */
function removePart(text: string, parts: readonly Member[], index: number): string {
  const part = parts[index];
  if (part === undefined) return text;
  const next = parts[index + 1];
  const previous = parts[index - 1];
  if (next !== undefined) return splice(text, { start: part.start, end: next.start }, '');
  return splice(text, { start: previous?.end ?? part.start, end: part.end }, '');
}

function membersOf(text: string, { start }: Span, path: JsonEdit['path']): readonly Member[] {
  if (text[start] !== '{') throw leadsNowhere(path);
  return listParts(text, start, '}', (at) => {
    const key = match(text, TEXT, at);
    const colon = skip(text, key.end);
    return { key: String(JSON.parse(text.slice(key.start, key.end))), valueStart: skip(text, colon + 1) };
  });
}

function elementsOf(text: string, { start }: Span, path: JsonEdit['path']): readonly Member[] {
  if (text[start] !== '[') throw leadsNowhere(path);
  return listParts(text, start, ']', (at) => ({ key: '', valueStart: at }));
}

function listParts(
  text: string,
  start: number,
  end: string,
  open: (at: number) => { readonly key: string; readonly valueStart: number },
): readonly Member[] {
  const parts: Member[] = [];
  for (let at = skip(text, start + 1); text[at] !== end;) {
    const { key, valueStart } = open(at);
    const value = valueAt(text, valueStart);
    parts.push({ key, start: at, end: value.end, value });
    at = skip(text, value.end);
    if (text[at] === ',') at = skip(text, at + 1);
  }
  return parts;
}

/** The value that begins at or behind a position. Brackets inside of texts do not count. */
function valueAt(text: string, from: number): Span {
  const start = skip(text, from);
  const first = text[start];
  if (first === '"') return match(text, TEXT, start);
  if (first !== '{' && first !== '[') return match(text, WORD, start);
  let depth = 0;
  for (let at = start; at < text.length;) {
    const character = text[at];
    if (character === '"') {
      at = match(text, TEXT, at).end;
      continue;
    }
    if (character === '{' || character === '[') depth++;
    if (character === '}' || character === ']') depth--;
    at++;
    if (depth === 0) return { start, end: at };
  }
  throw new RangeError('a JSON value without an end');
}

function skip(text: string, at: number): number {
  return match(text, SPACE, at).end;
}

function match(text: string, pattern: RegExp, start: number): Span {
  pattern.lastIndex = start;
  const found = pattern.exec(text)?.[0];
  if (found === undefined) throw new RangeError(`no JSON at ${start}`);
  return { start, end: start + found.length };
}

function leadsNowhere(path: JsonEdit['path']): RangeError {
  return new RangeError(`the document has nothing at ${path.join('.')}`);
}
