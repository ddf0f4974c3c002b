import { ForkwrightError } from '../errors.ts';

/** Why something could not be found out. */
export interface Failure {
  readonly code: string;
  readonly text: string;
  readonly hint: string | null;
}

// These are not about the one upstream that was asked.
const OURS = /^(?:cache\.|process\.(?:not-found|aborted)$)/;

/**
 * Gives the failure that an error says of what was asked. Throws it again where it is none of that: an interruption, a
 * fault of the program, a cache that cannot be used, a git that is not there.
 */
export function failureOf(error: unknown, signal: AbortSignal): Failure {
  signal.throwIfAborted();
  if (!(error instanceof ForkwrightError) || OURS.test(error.code)) throw error;
  return { code: error.code, text: error.message, hint: error.hint ?? null };
}
