import { setTimeout as sleep } from 'node:timers/promises';
import { ForkwrightError } from '../errors.ts';

const TRIES = 6;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A server that asks for more is not waited for. */
const LONGEST_WAIT_MS = 120_000;

/** How long is waited, and how; tests hand in their own. */
export interface Pauses {
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How long a connection may be silent. */
  readonly idleMs: number;
}

export const REAL_PAUSES: Pauses = {
  random: Math.random,
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal });
  },
  idleMs: 30_000,
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
 * never shorter than the other side asks for, and where that is more than two minutes there is no other try. Throws what is
 * not transient at once, and at the end the last failure as `download.failed` with the number of tries, and the signal's
 * reason. Specification: RFC 9110, Retry-After.
 */
export async function retry<T>(attempt: () => Promise<T>, pauses: Pauses, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TransientError)) throw error;
      const waitMs = error.waitMs ?? 0;
      if (waitMs > LONGEST_WAIT_MS) throw giveUp(error, `and asks for a pause of ${Math.ceil(waitMs / 1000)} s`);
      if (tries === TRIES) throw giveUp(error, `${TRIES} times`);
      const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
      await pauses.sleep(Math.max(waitMs, pauses.random() * longest), signal);
    }
  }
}

function giveUp(error: TransientError, how: string): ForkwrightError {
  return new ForkwrightError(error.code, `${error.message} ${how}`, {
    ...(error.place === undefined ? {} : { place: error.place }),
    hint: 'check the network and the proxy, or try again later; what has arrived is kept',
    cause: error.cause,
  });
}
