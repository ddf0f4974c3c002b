import { DockerfileParser } from 'dockerfile-ast';

/** An instruction as dockerfile-ast splits a file; what its text means is read by the functions below. */
export interface ReadInstruction {
  readonly keyword: string;
  /** `--chmod=0755` */
  readonly flags: readonly string[];
  /** Without flags, continued lines joined; of a here-document its lines too. */
  readonly text: string;
}

export interface ReadStage {
  readonly name: string;
  readonly from: string;
  readonly instructions: readonly ReadInstruction[];
}

/** Reads a Dockerfile into its stages. */
export function readDockerfile(content: string): readonly ReadStage[] {
  const stages: { name: string; from: string; instructions: ReadInstruction[] }[] = [];
  for (const instruction of DockerfileParser.parse(content).getInstructions()) {
    const keyword = instruction.getInstruction();
    const raw = instruction.getRawArgumentsContent() ?? '';
    const flags = 'getFlags' in instruction ? (instruction as WithFlags).getFlags().map(String) : [];
    const text = raw.replace(/^(?:--\S+\s+)*/, '');
    if (keyword === 'FROM') {
      const [from = '', , name = ''] = text.split(' ');
      stages.push({ name, from, instructions: [] });
    } else {
      const isHeredoc = text.startsWith("<<'");
      stages.at(-1)?.instructions.push({ keyword, flags, text: isHeredoc ? text : text.replaceAll(/\\[ \t]*\n/g, '') });
    }
  }
  return stages;
}

interface WithFlags {
  getFlags(): readonly { toString(): string }[];
}

/** Reads one word: quotes taken apart, escapes undone. A variable that is not escaped is a fault. */
export function readWord(word: string): string {
  let text = '';
  let quote = '';
  for (let at = 0; at < word.length; at++) {
    const character = word.charAt(at);
    const next = word.charAt(at + 1);
    if (quote === "'") {
      if (character === "'") quote = '';
      else text += character;
    } else if (character === '\\') {
      // In double quotes only these three are escaped; elsewhere anything is.
      if (quote === '"' && !['"', '$', '\\'].includes(next)) text += character;
      else if (next !== '') {
        text += next;
        at++;
      }
    } else if (character === '$') throw new Error(`a variable is expanded in ${word}`);
    else if (quote === '"') {
      if (character === '"') quote = '';
      else text += character;
    } else if (character === '"' || character === "'") quote = character;
    else text += character;
  }
  if (quote !== '') throw new Error(`a quote is open in ${word}`);
  return text;
}

/** Splits a line at spaces that are not quoted. */
export function splitWords(line: string): readonly string[] {
  return line.match(/(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'\\])+/gsu) ?? [];
}

/** Reads what ENV and LABEL say. */
export function readPairs(text: string): readonly { readonly name: string; readonly value: string }[] {
  return splitWords(text).map((word) => {
    const equals = word.indexOf('=');
    return { name: readWord(word.slice(0, equals)), value: readWord(word.slice(equals + 1)) };
  });
}

/** Reads the paths of COPY, ADD and VOLUME, in either form. */
export function readPaths(text: string): readonly string[] {
  return text.startsWith('[') ? readExec(text).map(readWord) : text.split(/\s+/).map(readWord);
}

/** Reads an exec form. */
export function readExec(text: string): readonly string[] {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) throw new Error(`${text} is not an exec form`);
  return value.map(String);
}

/** Reads `<<'EOF' PATH` with its lines. */
export function readHeredoc(text: string): { readonly path: string; readonly content: string } {
  const [, name = '', path = '', document = ''] = /^<<'(\w+)' ([^\n]*)\n(.*)$/s.exec(text) ?? [];
  const end = document.endsWith(`\n${name}`) ? document.length - name.length : 0;
  return { path: readWord(path), content: document.slice(0, end) };
}
