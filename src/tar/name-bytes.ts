import { isUtf8 } from 'node:buffer';

const SLASH = 0x2f;
const ESCAPED = /[\udc80-\udcff]/u;

/**
 * Gives the text of a name. Names are UTF-8 as a rule, and bytes in truth: in a part between slashes that is not UTF-8
 * every byte above 127 becomes one of U+DC80 to U+DCFF, which no text has, so that `encodeName` gives the bytes back and no
 * two names become one. Specification: Python's PEP 383, which other tools read.
 */
export function decodeName(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const parts: string[] = [];
  for (let start = 0; start <= bytes.length;) {
    const slash = bytes.indexOf(SLASH, start);
    const end = slash === -1 ? bytes.length : slash;
    parts.push(decodePart(bytes.subarray(start, end)));
    start = end + 1;
  }
  return parts.join('/');
}

function decodePart(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return String.fromCharCode(...[...bytes].map((byte) => (byte < 0x80 ? byte : 0xdc00 + byte)));
}

/** Gives the bytes of a name that `decodeName` gave, or of any text. */
export function encodeName(name: string): Buffer {
  if (!ESCAPED.test(name)) return Buffer.from(name);
  return Buffer.concat(
    // By code points: half of a pair is no escaped byte.
    [...name].map((character) =>
      ESCAPED.test(character) ? Buffer.of(character.charCodeAt(0) & 0xff) : Buffer.from(character),
    ),
  );
}
