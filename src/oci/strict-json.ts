import { ForkwrightError } from '../errors.ts';

/** A parsed JSON value. Objects are Maps: no key of a hostile document can reach a prototype. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

const MAX_DEPTH = 64;
// Below these keys Go has maps with free names, where `a` and `A` are two. Everywhere else it has structs, whose fields
// it finds whatever their case: of `manifests` and `Manifests` every reader may see another one.
const FREE_NAMES: ReadonlySet<string> = new Set(['annotations', 'Labels', 'ExposedPorts', 'Volumes', 'LayerSources']);
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// eslint-disable-next-line no-control-regex
const PLAIN_TEXT = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Parses JSON that came out of an archive, so that no two readers can understand it differently: no duplicate keys, no
 * keys that differ by case only, no `__proto__`, no invalid UTF-8, no byte order mark, nothing behind the value, at most
 * 64 levels. `place` is where the document lies. Throws `json.malformed` with the byte offset. Specification: RFC 8259.
 */
export function parseStrictJson(bytes: Uint8Array, place: string): JsonValue {
  const text = decode(bytes, place);
  let position = 0;

  const fail = (why: string, at = position): never => {
    const offset = Buffer.byteLength(text.slice(0, at));
    throw new ForkwrightError('json.malformed', `not the JSON it should be: ${why} at byte ${offset}`, { place });
  };
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = position;
    const found = pattern.exec(text)?.[0] ?? '';
    position += found.length;
    return found;
  };
  const peek = (): string => {
    match(SPACE);
    return text.charAt(position);
  };
  const expect = (character: string): void => {
    if (peek() !== character) fail(`${describe(text.charAt(position))} instead of ${JSON.stringify(character)}`);
    position++;
  };

  function parseValue(depth: number, hasFreeNames: boolean): JsonValue {
    if (depth > MAX_DEPTH) fail(`more than ${MAX_DEPTH} levels`);
    switch (peek()) {
      case '{':
        return parseObject(depth, hasFreeNames);
      case '[':
        return parseList(depth);
      case '"':
        return parseText();
      case 't':
        return parseWord('true', true);
      case 'f':
        return parseWord('false', false);
      case 'n':
        return parseWord('null', null);
      default:
        return parseNumber();
    }
  }

  function parseObject(depth: number, hasFreeNames: boolean): JsonObject {
    const members = new Map<string, JsonValue>();
    const folded = new Set<string>();
    position++;
    if (peek() !== '}') {
      do {
        match(SPACE);
        const at = position;
        if (text.charAt(position) !== '"') fail(`${describe(text.charAt(position))} instead of a key`);
        const key = parseText();
        if (key === '__proto__') fail('the key "__proto__"', at);
        if (members.has(key)) fail(`the key ${JSON.stringify(key)} a second time`, at);
        if (!hasFreeNames && folded.has(fold(key)))
          fail(`the key ${JSON.stringify(key)} a second time in other case`, at);
        folded.add(fold(key));
        expect(':');
        members.set(key, parseValue(depth + 1, FREE_NAMES.has(key)));
      } while (hasNext('}'));
    } else position++;
    return members;
  }

  function parseList(depth: number): readonly JsonValue[] {
    const values: JsonValue[] = [];
    position++;
    if (peek() !== ']') {
      do values.push(parseValue(depth + 1, false));
      while (hasNext(']'));
    } else position++;
    return values;
  }

  function hasNext(end: string): boolean {
    const character = peek();
    if (character !== ',' && character !== end) fail(`${describe(character)} instead of "," or "${end}"`);
    position++;
    return character === ',';
  }

  function parseText(): string {
    const start = position++;
    let parsed = '';
    for (;;) {
      parsed += match(PLAIN_TEXT);
      const character = text.charAt(position);
      if (character === '"') break;
      if (character !== '\\') fail(character === '' ? 'a text without an end' : 'a control character in a text');
      parsed += parseEscape();
    }
    position++;
    // Half a surrogate pair is no character; Go replaces it silently.
    if (/\p{Surrogate}/u.test(parsed)) fail('half a surrogate pair in a text', start);
    return parsed;
  }

  function parseEscape(): string {
    const letter = text.charAt(position + 1);
    const hex = /^[0-9a-fA-F]{4}/.exec(text.slice(position + 2, position + 6))?.[0];
    const character =
      letter === 'u' && hex !== undefined ? String.fromCharCode(Number.parseInt(hex, 16)) : ESCAPES[letter];
    if (character === undefined) return fail('an unknown escape');
    position += letter === 'u' ? 6 : 2;
    return character;
  }

  function parseNumber(): number {
    const found = match(NUMBER);
    if (found === '') fail(describe(text.charAt(position)));
    return Number(found);
  }

  function parseWord<Value>(word: string, value: Value): Value {
    if (!text.startsWith(word, position)) fail(describe(text.charAt(position)));
    position += word.length;
    return value;
  }

  const value = parseValue(1, false);
  if (peek() !== '') fail(`${describe(text.charAt(position))} behind the end of the value`);
  return value;
}

function decode(bytes: Uint8Array, place: string): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ForkwrightError('json.malformed', 'not the JSON it should be: invalid UTF-8', { place, cause });
  }
  if (!text.startsWith('\uFEFF')) return text;
  throw new ForkwrightError('json.malformed', 'not the JSON it should be: a byte order mark at byte 0', { place });
}

/** As Go's encoding/json folds keys: `ſ` and the Kelvin sign are s and k. */
function fold(key: string): string {
  return key.toUpperCase().toLowerCase();
}

function describe(character: string): string {
  return character === '' ? 'the end' : JSON.stringify(character);
}
