import { setTimeout as sleep } from 'node:timers/promises';
import { ForkwrightError, type ErrorDetails } from '../errors.ts';

const TRIES = 6;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** After a try that got further; nothing is wrong with the other side. */
const RESUME_PAUSE_MS = 50;
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

export interface TransientDetails extends ErrorDetails {
  /** How long the other side asks to wait. */
  readonly waitMs?: number | null;
  /** The try got further than all before it, and the next one goes on from there. */
  readonly hasAdvanced?: boolean;
  /** A connection that stood was lost: the other side is there, which a refused connection does not say. */
  readonly isCut?: boolean;
}

/** A failure that may pass. */
export class TransientError extends ForkwrightError {
  override readonly name = 'TransientError';
  readonly waitMs: number;
  readonly hasAdvanced: boolean;
  readonly isCut: boolean;

  constructor(code: string, text: string, details: TransientDetails) {
    super(code, text, details);
    this.waitMs = details.waitMs ?? 0;
    this.hasAdvanced = details.hasAdvanced ?? false;
    this.isCut = details.isCut ?? false;
  }
}

/** The same failure, of a try that got further than all before it. */
export function asAdvanced(error: TransientError): TransientError {
  const { code, message, place, hint, cause, waitMs, isCut } = error;
  const where = { ...(place === undefined ? {} : { place }), ...(hint === undefined ? {} : { hint }) };
  return new TransientError(code, message, { ...where, cause, waitMs, isCut, hasAdvanced: true });
}

/**
 * Calls `attempt` until it succeeds, as often as `countTries` allows. Throws what is not transient at once, and what
 * `countTries` throws.
 */
export async function retry<T>(
  attempt: () => Promise<T>,
  pauses: Pick<Pauses, 'random' | 'sleep'>,
  signal: AbortSignal,
): Promise<T> {
  const waitForNext = countTries(pauses, signal);
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      await waitForNext(error);
    }
  }
}

/**
 * Gives a function that is told what a try failed by, and returns when it is time for the next one: six tries in all, with
 * exponential pauses and full jitter between them. A connection that was cut counts half, and after a try that got further
 * the count begins anew. A pause is never shorter than the other side asks for, and where that is more than two minutes
 * there is no other try. The function throws what is not transient as it is, the last failure under its own code with the number
 * of tries, and the signal's reason. Specification: RFC 9110, Retry-After.
 */
export function countTries(
  pauses: Pick<Pauses, 'random' | 'sleep'>,
  signal: AbortSignal,
): (failure: unknown) => Promise<void> {
  let [tries, spent] = [0, 0];
  return async (failure) => {
    signal.throwIfAborted();
    if (!(failure instanceof TransientError)) throw failure;
    if (failure.hasAdvanced) [tries, spent] = [0, 0];
    else [tries, spent] = [tries + 1, spent + (failure.isCut ? 0.5 : 1)];
    if (failure.waitMs > LONGEST_WAIT_MS) {
      throw giveUp(failure, `and asks for a pause of ${Math.ceil(failure.waitMs / 1000)} s`);
    }
    if (spent >= TRIES) throw giveUp(failure, `${tries} times`);
    const longest = spent === 0 ? RESUME_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (spent - 1));
    await pauses.sleep(Math.max(failure.waitMs, pauses.random() * longest), signal);
  };
}

function giveUp(error: TransientError, how: string): ForkwrightError {
  return new ForkwrightError(error.code, `${error.message} ${how}`, {
    ...(error.place === undefined ? {} : { place: error.place }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error.cause,
  });
}
