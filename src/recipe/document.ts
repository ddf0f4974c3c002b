import { Composer, isMap, isScalar, LineCounter, Parser, type CST } from 'yaml';
import { messageOf } from '../errors.ts';
import type { Finding } from '../finding.ts';
import { checkNodes, findOffset, findSource, measureTokens } from './document-nodes.ts';
import type { Path } from './fault.ts';
import { formatFrame, type Position } from './frame.ts';

/** A YAML file that is a map, with the way back from a value to its place in the text. */
export interface YamlDocument {
  /** As findings name it, `recipes/esbuild.yaml`. */
  readonly file: string;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** The place of a value or of its key; for what is not there, of the map it is missing from. */
  readonly locate: (path: Path, at: 'key' | 'value') => Position;
  /** How a scalar is spelt in the text, `1.10`; null for what is not a scalar there. */
  readonly sourceOf: (path: Path) => string | null;
}

const MAX_DEPTH = 64;
// A hundred times what the longest recipes have; keeps a file that is nothing but faults from taking minutes.
const MAX_VALUES = 20_000;
// Nodes that all aliases together may stand for; the library's default, written down because safety rests on it.
const MAX_ALIASES = 100;
// What comes after the first few is mostly their consequence.
const MAX_SYNTAX_FAULTS = 5;
// YAML 1.2.2, 5.1: these characters have no place in a document.
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\0-\u{8}\u{b}\u{c}\u{e}-\u{1f}\u{7f}]/u;

const SYNTAX_HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'YAML is indented with spaces',
  TAG_RESOLVE_FAILED: 'tags (!name) have no meaning here: remove it',
  BAD_SCALAR_START: 'a text that begins with this character has to be quoted',
};

/**
 * Takes the text of a YAML file and gives it as a document, or what is wrong with it. YAML 1.2, core schema: one
 * document that is a map, keys that are texts and unique, at most 64 levels and 20,000 values, no aliases that explode.
 */
export function parseYaml(text: string, file: string): YamlDocument | readonly Finding[] {
  const lines = new LineCounter();
  const tokens = readTokens(text, lines);
  const toPosition = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const fail = (code: string, offset: number, what: string, hint: string | null = null): Finding => {
    const position = toPosition(offset);
    const place = `${file}:${position.line}:${position.column}`;
    return { code: `yaml.${code}`, severity: 'error', place, text: what, hint, frame: formatFrame(text, position) };
  };

  const control = CONTROL.exec(text);
  if (control !== null) {
    const codePoint = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    return [fail('control-character', control.index, `the control character U+${codePoint} stands here`, 'remove it')];
  }
  // Before composing, which recurses: at the end of its stack V8 may end the whole process instead of throwing.
  const { depth, count } = measureTokens(tokens);
  if (depth > MAX_DEPTH) {
    return [fail('too-deep', 0, `maps and lists are nested more than ${MAX_DEPTH} levels deep`)];
  }
  if (count > MAX_VALUES) return [fail('too-many', 0, `the file has more than ${MAX_VALUES} keys and values`)];
  const composer = new Composer({ version: '1.2', schema: 'core', uniqueKeys: false, stringKeys: true });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (document === undefined) return [fail('empty', 0, 'the file is empty')];
  const faults = [...document.errors, ...document.warnings].slice(0, MAX_SYNTAX_FAULTS);
  if (faults.length > 0) {
    return faults.map(({ code, message, pos: [offset] }) =>
      fail('syntax', offset, message.replaceAll(/\s+/g, ' '), SYNTAX_HINTS[code] ?? null),
    );
  }
  if (second !== undefined) {
    return [fail('syntax', second.range[0], 'a second document begins here', 'one file holds one document')];
  }
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return [fail('empty', 0, 'the file is empty')];
  }
  if (!isMap(contents)) return [fail('not-a-map', contents.range[0], 'the file is not a map of keys and values')];
  const nodeFaults = checkNodes(contents, (offset) => toPosition(offset).line);
  if (nodeFaults.length > 0) return nodeFaults.map(({ code, offset, what, hint }) => fail(code, offset, what, hint));
  let data: Record<string, unknown>;
  try {
    // A map with text keys, as was just checked.
    data = document.toJS({ maxAliasCount: MAX_ALIASES }) as Record<string, unknown>;
  } catch (error) {
    // The library throws a bare ReferenceError where aliases stand for more nodes than is allowed.
    return [fail('aliases', 0, `the aliases cannot be followed: ${messageOf(error)}`, 'write the values out')];
  }
  return {
    file,
    text,
    data,
    locate: (path, at) => toPosition(findOffset(document, path, at)),
    sourceOf: (path) => findSource(document, path),
  };
}

function readTokens(text: string, lines: LineCounter): readonly CST.Token[] {
  const tokens: CST.Token[] = [];
  let errorCount = 0;
  for (const token of new Parser(lines.addNewLine).parse(text)) {
    tokens.push(token);
    if (token.type === 'error' && ++errorCount >= MAX_SYNTAX_FAULTS) break;
  }
  // The counter knows the starts of lines that the parser went past; the first one is a line also of an empty text.
  if (lines.lineStarts.length === 0) lines.addNewLine(0);
  return tokens;
}
