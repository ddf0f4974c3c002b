import { setMaxListeners } from 'node:events';
import { ForkwrightError } from '../../errors.ts';
import { retry, type Pauses } from '../../http/retry.ts';
import type { Operation } from '../connection/failure.ts';
import type { Host } from '../connection/host.ts';
import type { Timeouts } from '../connection/timeouts.ts';
import type { TakeTurn } from '../upload/turns.ts';
import type { UploadHabits } from '../upload/upload-habits.ts';
import type { Way } from '../connection/agents.ts';

/** One repository, and the means to talk to its registry. */
export interface Remote {
  readonly host: Host;
  /** `docker.io`. */
  readonly registry: string;
  /** `library/alpine`. */
  readonly name: string;
  /** What a token for reading has to allow. */
  readonly readScope: string;
  readonly habits: UploadHabits;
  /** Runs what has the same key one after the other, whatever becomes of it. */
  readonly takeTurn: TakeTurn;
  readonly timeouts: Timeouts;
  readonly pauses: Pick<Pauses, 'random' | 'sleep'>;
  readonly signal: AbortSignal;
  /** Gives a connection of its own, which is not used again. */
  readonly chooseOwnWay: (url: URL) => Promise<Way>;
}

/** What a token has to allow to read from a repository. Specification: distribution, "Token Scope". */
export function pullScope(name: string): string {
  return `repository:${name}:pull`;
}

/** What a token has to allow to write to a repository. */
export function pushScope(name: string): string {
  return `repository:${name}:pull,push`;
}

/** The path of something in a repository; `rest` is part of a URL already. */
export function pathOf(remote: Remote, rest: string): string {
  return `/v2/${remote.name}/${rest}`;
}

/** What an operation on a repository is called, and when it is over: it may take longer the more bytes it moves. */
export function startOperation(
  remote: Remote,
  label: string,
  sizeBytes: number,
): Operation & { readonly end: () => void } {
  const place = `${remote.registry}/${remote.name}`;
  const { totalMs, slowestBytesPerSecond } = remote.timeouts;
  const limitMs = totalMs + (sizeBytes / slowestBytesPerSecond) * 1000;
  const controller = new AbortController();
  const expire = () => {
    const text = `${label}: it was not done within ${Math.ceil(limitMs / 1000)} s`;
    const hint = 'try again on a better network; what is there already is not sent again';
    controller.abort(new ForkwrightError('registry.gave-up', text, { place, hint }));
  };
  // A timer of Node cannot be longer than 24 days.
  const timer = setTimeout(expire, Math.min(limitMs, 2 ** 31 - 1));
  const signal = AbortSignal.any([remote.signal, controller.signal]);
  // Several requests at once listen to it; they take their listeners away.
  setMaxListeners(0, signal);
  return { label, place, signal, end: () => clearTimeout(timer) };
}

/** Does an operation, again and again where it fails by something that may pass. Throws what `retry` throws. */
export async function operate<T>(
  remote: Remote,
  label: string,
  sizeBytes: number,
  attempt: (operation: Operation) => Promise<T>,
): Promise<T> {
  const operation = startOperation(remote, label, sizeBytes);
  try {
    return await retry(() => attempt(operation), remote.pauses, operation.signal);
  } finally {
    operation.end();
  }
}
