// Control characters move the cursor or start escape sequences; the others turn the direction of the text around them.
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** Makes a text from outside safe for a terminal: what could move the cursor or reorder text is shown as `\u001b`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
