import type { Digest } from '../../../src/oci/digest.ts';
import type { LocationStyle } from './location.ts';
import type { ListenerName } from './answer.ts';

/** What goes wrong with one request. `isReset` ends a connection by RST instead of by FIN. */
export type Fault =
  /** The connection ends when this many bytes of the request's body came in; they are kept as a real registry does. */
  | { readonly kind: 'cut-request'; readonly afterBytes: number; readonly isReset?: boolean }
  /** The connection ends when the headers and this many bytes of the answer's body went out. */
  | { readonly kind: 'cut-answer'; readonly afterBytes: number; readonly isReset?: boolean }
  /** The connection ends without an answer, before the work or after it. */
  | { readonly kind: 'no-answer'; readonly isDone: boolean; readonly isReset?: boolean }
  /** Another answer, without the work being done, or (`isDone`) in place of what it would have been. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly isDone?: boolean;
      /** Seconds, or a date as it is in the header. */
      readonly retryAfter?: number | string;
      /** An error of the registry; without it the body is the HTML of a proxy in front of it. */
      readonly code?: string;
      readonly message?: string;
    }
  /** Every token that was given out until now is refused from this request on. */
  | { readonly kind: 'expire-token' }
  /** The registry has forgotten the upload session that the request names. */
  | { readonly kind: 'lose-upload' }
  | { readonly kind: 'location'; readonly style: LocationStyle }
  /** Another Docker-Content-Digest; null leaves it out. */
  | { readonly kind: 'digest-header'; readonly value: string | null }
  /** No more of the request's body is read behind this many bytes, and the connection stays open. */
  | { readonly kind: 'stall-request'; readonly afterBytes: number }
  /** Silence without end, after the headers and this many bytes of the body; null: before the headers. */
  | { readonly kind: 'stall'; readonly afterBytes: number | null }
  /** The answer's body comes in pieces of some bytes, one per interval. */
  | { readonly kind: 'trickle'; readonly bytes: number; readonly everyMs: number }
  /** The answer's body is shorter (negative) or longer by some bytes, and its Content-Length says so too. */
  | { readonly kind: 'resize-body'; readonly byBytes: number }
  | { readonly kind: 'flip-byte'; readonly at: number }
  /** Before the request is looked at, the tag points to another manifest of the same repository. */
  | { readonly kind: 'move-tag'; readonly tag: string; readonly digest: Digest };

/** Which requests a fault befalls. */
export interface FaultRule {
  readonly method?: RegExp | string;
  /** Against the path with its query, as it was sent. */
  readonly path?: RegExp;
  /** By default only the registry itself and its other host. */
  readonly listener?: ListenerName;
  /** The first of the fitting requests that is befallen, counted from 1. */
  readonly nth?: number;
  /** How many; 1 unless given. */
  readonly times?: number;
  readonly fault: Fault;
}

export interface FaultTarget {
  readonly listener: ListenerName;
  readonly method: string;
  /** With the query. */
  readonly url: string;
  /** Of the body, as it is declared; 0 where there is none. */
  readonly bodyBytes: number;
}

/** Gives the fault of a request, or null. It is asked once for each, in the order of their arrival. */
export type FaultPlan = (target: FaultTarget) => Fault | null;

export interface Faults {
  readonly add: (plan: FaultRule | FaultPlan) => void;
  readonly clear: () => void;
  readonly take: FaultPlan;
}

/** Keeps rules and plans; the first one that has a fault for a request decides, and every rule that fits has counted it. */
export function createFaults(): Faults {
  const plans: FaultPlan[] = [];
  return {
    add: (plan) => void plans.push(typeof plan === 'function' ? plan : planOf(plan)),
    clear: () => plans.splice(0),
    take: (target) => plans.map((plan) => plan(target)).find((fault) => fault !== null) ?? null,
  };
}

function planOf({ method, path, listener, nth = 1, times = 1, fault }: FaultRule): FaultPlan {
  let seen = 0;
  return (target) => {
    const isHost =
      listener === undefined ? ['registry', 'other'].includes(target.listener) : listener === target.listener;
    const isMethod = typeof method === 'string' ? method === target.method : (method?.test(target.method) ?? true);
    if (!isHost || !isMethod || !(path?.test(target.url) ?? true)) return null;
    seen++;
    return seen >= nth && seen < nth + times ? fault : null;
  };
}
