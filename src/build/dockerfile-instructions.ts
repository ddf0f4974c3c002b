/** An instruction of a Dockerfile. */
export interface Instruction {
  /** In capitals. */
  readonly keyword: string;
  /** What follows it, its lines joined; here-documents are left out. */
  readonly rest: string;
  /** The number of its first line, counted from 0. */
  readonly start: number;
  /** Its own lines as they are, without comments between them. */
  readonly lines: readonly string[];
  /** The here-documents that belong to it, with their last lines. */
  readonly documents: readonly string[];
}

const COMMENT = /^\s*#/;
const CONTINUED = /\\[ \t]*$/;
// moby/buildkit, frontend/dockerfile/parser: a word by itself that begins a here-document.
const HEREDOC = /^\d*<<(-?)(["']?)([^<"'\s]+)\2$/;
const TAKES_HEREDOCS = new Set(['ADD', 'COPY', 'RUN']);

/**
 * Splits a Dockerfile into its instructions. Comments and empty lines are dropped, but not those of here-documents, which
 * are part of files and scripts. Specification: Dockerfile reference, "Format" and "Here-Documents".
 */
export function splitInstructions(text: string): readonly Instruction[] {
  const lines = text.split(/\r?\n/);
  const instructions: Instruction[] = [];
  let at = 0;
  const isSkipped = (line: string) => line.trim() === '' || COMMENT.test(line);
  while (at < lines.length) {
    const own: string[] = [];
    const start = at;
    for (let isOpen = true; isOpen && at < lines.length; at++) {
      const line = lines[at] ?? '';
      if (isSkipped(line)) {
        if (own.length === 0) break;
        continue;
      }
      own.push(line);
      isOpen = CONTINUED.test(line);
    }
    if (own.length === 0) {
      at++;
      continue;
    }
    const joined = own.map((line) => line.replace(CONTINUED, ' ')).join('');
    const [, word = '', rest = ''] = /^\s*(\S+)\s*(.*)$/s.exec(joined) ?? [];
    const keyword = word.toUpperCase();
    const document = at;
    if (TAKES_HEREDOCS.has(keyword) && !rest.startsWith('[')) {
      for (const each of rest.split(/\s+/)) at = skipHeredoc(each, lines, at);
    }
    instructions.push({ keyword, rest: rest.trim(), start, lines: own, documents: lines.slice(document, at) });
  }
  return instructions;
}

/** Gives the line behind the here-document that a word begins; the same line where it begins none. */
function skipHeredoc(word: string, lines: readonly string[], start: number): number {
  const [, dash, , name] = HEREDOC.exec(word) ?? [];
  if (name === undefined) return start;
  const end = lines.findIndex(
    (line, index) => index >= start && (dash === '' ? line : line.replace(/^\t+/, '')) === name,
  );
  return end === -1 ? lines.length : end + 1;
}
