import { splitInstructions } from './dockerfile-instructions.ts';

// Dockerfile reference, "Parser directives": they change what the rest means.
const DIRECTIVES = /^(?:#[ \t]*(?:syntax|escape|check)[ \t]*=.*\r?\n)+/i;

/** Gives a Dockerfile without comments and empty lines, but with its directives and whole here-documents. */
export function stripComments(dockerfile: string): string {
  const directives = DIRECTIVES.exec(dockerfile)?.[0] ?? '';
  const lines = splitInstructions(dockerfile).flatMap((instruction) => [
    ...instruction.lines,
    ...instruction.documents,
  ]);
  return `${directives}${lines.map((line) => `${line}\n`).join('')}`;
}
