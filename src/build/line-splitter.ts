import { StringDecoder } from 'node:string_decoder';

const MAX_LINE_CHARACTERS = 64 * 1024;

/**
 * Cuts pieces of UTF-8 text into lines and hands each on without its end. `end` hands on what is left. A line that goes
 * on for more than 64 Ki characters is handed on in parts.
 */
export function splitLines(onLine: (line: string) => void): { take(piece: Uint8Array): void; end(): void } {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const cut = (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    if (rest.length <= MAX_LINE_CHARACTERS) return;
    onLine(rest);
    rest = '';
  };
  return {
    take: (piece) => cut(decoder.write(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength))),
    end: () => {
      cut(decoder.end());
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
