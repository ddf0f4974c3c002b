import { ForkwrightError, messageOf } from '../errors.ts';
import type { Finding } from '../finding.ts';

/** Gives what was thrown as a finding of severity error; a fault of the program itself is called one. */
export function toFinding(thrown: unknown): Finding {
  if (!(thrown instanceof ForkwrightError)) {
    const hint = 'please report it with the command line and the lines below';
    return {
      code: 'program.fault',
      severity: 'error',
      place: '',
      text: `forkwright failed: ${messageOf(thrown)}`,
      hint,
    };
  }
  return {
    code: thrown.code,
    severity: 'error',
    place: thrown.place ?? '',
    text: thrown.cause === undefined ? thrown.message : `${thrown.message}: ${messageOf(thrown.cause)}`,
    hint: thrown.hint ?? null,
  };
}
