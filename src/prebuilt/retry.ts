import { setTimeout as sleep } from 'node:timers/promises';
import { ForkwrightError } from '../errors.ts';

const TRIES = 6;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** How pauses are made; tests hand in their own. */
export interface Pauses {
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export const REAL_PAUSES: Pauses = {
  random: Math.random,
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal });
  },
};

/** A failure that may pass; `waitMs` is how long the other side asks to wait, null where it says nothing. */
export class TransientError extends ForkwrightError {
  override readonly name = 'TransientError';
  readonly waitMs: number | null;

  constructor(text: string, waitMs: number | null, place: string, cause?: unknown) {
    super('download.failed', text, { place, cause });
    this.waitMs = waitMs;
  }
}

/**
 * Calls `attempt` until it succeeds, six times at most, with exponential pauses and full jitter between them; a pause is
 * never shorter than the other side asks for. Throws what is not transient at once, and at the end the last failure with
 * the number of tries. Specification: RFC 9110, Retry-After.
 */
export async function retry<T>(attempt: () => Promise<T>, pauses: Pauses, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TransientError)) throw error;
      if (tries === TRIES) throw giveUp(error);
      const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries);
      await pauses.sleep(Math.max(error.waitMs ?? 0, pauses.random() * longest), signal);
    }
  }
}

function giveUp(error: TransientError): ForkwrightError {
  return new ForkwrightError(error.code, `${error.message}, ${TRIES} times`, {
    ...(error.place === undefined ? {} : { place: error.place }),
    hint: 'check the network and the proxy; what has arrived is kept, the next run goes on from there',
    cause: error.cause,
  });
}
