import type http from 'node:http';
import type { Timeouts } from './timeouts.ts';
import { SilenceError } from './wire-error.ts';

/** Ends a request in which nothing moves. */
export interface WireTimer {
  readonly restart: (phase: 'connect' | 'idle' | 'answer', bodyBytes?: number) => void;
  /** Begins the running phase anew. */
  readonly refresh: () => void;
  readonly stop: () => void;
}

/**
 * Ends a request when nothing has moved for as long as its phase allows. Waiting for a free connection does not count, and
 * what is closed has no time to run out: a timer would keep the process.
 */
export function startTimer(outgoing: http.ClientRequest, timeouts: Timeouts): WireTimer {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearTimeout(timer);
  const restart: WireTimer['restart'] = (phase, bodyBytes = 0) => {
    stop();
    if (outgoing.closed) return;
    // A registry may read a whole blob again before it answers.
    const forBody = phase === 'answer' ? (bodyBytes / timeouts.slowestBytesPerSecond) * 1000 : 0;
    const ms = timeouts[`${phase}Ms`] + forBody;
    timer = setTimeout(() => {
      outgoing.destroy(new SilenceError(`nothing came for ${Math.ceil(ms / 1000)} s`));
    }, ms);
  };
  outgoing.once('socket', (socket) => {
    if (!socket.connecting) return restart('answer');
    restart('connect');
    const isTls = 'encrypted' in socket;
    socket.once(isTls ? 'secureConnect' : 'connect', () => restart('answer'));
  });
  return { restart, refresh: () => timer?.refresh(), stop };
}
