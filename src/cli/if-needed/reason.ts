import { ForkwrightError } from '../../errors.ts';

/**
 * Takes an error for the reason why something cannot be known or had, as part of a sentence. Throws it again where it is not
 * an expected one, and after an interruption.
 */
export function asReason(error: unknown, signal: AbortSignal): string {
  if (signal.aborted || !(error instanceof ForkwrightError)) throw error;
  return error.place === undefined ? error.message : `${error.place}: ${error.message}`;
}
