/**
 * Gives a terminator for a here-document: `EOF`, or `EOF_1` and so on where a line of the content equals it.
 * Specification: BuildKit, frontend/dockerfile/parser: a line is compared without its line end, CR included.
 */
export function chooseTerminator(content: string): string {
  const lines = new Set(content.split('\n').map((line) => line.replace(/\r+$/, '')));
  let terminator = 'EOF';
  for (let number = 1; lines.has(terminator); number++) terminator = `EOF_${number}`;
  return terminator;
}
