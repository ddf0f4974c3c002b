// Control characters move the cursor or start escape sequences; the others turn the direction of the text around them.
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
// Bytes of a file's name that are no UTF-8; see tar/name-bytes.ts.
const BYTE = /[\udc80-\udcff]/gu;

/**
 * Makes a text from outside safe for a terminal: what could move the cursor or reorder text is shown as `\u001b`, a byte
 * that is no UTF-8 as `\xe9`.
 */
export function printable(text: string): string {
  return text
    .replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(BYTE, (character) => `\\x${(character.charCodeAt(0) & 0xff).toString(16)}`);
}
