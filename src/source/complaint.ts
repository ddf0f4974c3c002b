import { messageOf } from '../errors.ts';
import { maskCredentials } from '../recipe/quoted.ts';

// What git adds below ssh's or a server's own reason.
const BOILERPLATE: ReadonlySet<string> = new Set([
  'fatal: Could not read from remote repository.',
  'Please make sure you have the correct access rights',
  'and the repository exists.',
]);

/**
 * Gives git's own reason out of the error of a failed git: the last line of its stderr that says one, without `fatal:`
 * and without credentials. The error's text begins with the command, a line of its own.
 */
export function gitComplaint(thrown: unknown): string {
  const [command = '', ...stderr] = messageOf(thrown).split('\n');
  const lines = stderr.map((line) => line.trim()).filter((line) => line !== '');
  const reason = lines.findLast((line) => !BOILERPLATE.has(line)) ?? lines[0] ?? command;
  return maskCredentials(reason.replace(/^(?:fatal|error): /, ''));
}
