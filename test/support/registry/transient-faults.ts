import { createHash } from 'node:crypto';
import type { Fault, FaultPlan, FaultTarget } from './faults.ts';
import { seededRandom } from './random.ts';

type Kind = Exclude<Fault['kind'], 'stall' | 'stall-request' | 'trickle' | 'move-tag' | 'location'>;

/** The kinds that a client gets over by trying again, without waiting for a time-out. */
const TRANSIENT: readonly Kind[] = [
  'cut-request',
  'cut-answer',
  'no-answer',
  'status',
  'expire-token',
  'lose-upload',
  'digest-header',
  'resize-body',
  'flip-byte',
];
const STATUSES = [408, 425, 429, 499, 500, 502, 503, 504, 522];
const WRONG_DIGEST = `sha256:${'0'.repeat(64)}`;

export interface TransientOptions {
  /** By default those that leave the bytes of an answer as they are. */
  readonly kinds?: readonly Kind[];
  /** No more than this many faults altogether: any number. */
  readonly most?: number;
}

/**
 * Faults at random: each request is befallen with a chance of `rate`. What befalls it is decided by the seed and by how
 * often the same was asked for before, not by the order in which requests of different blobs arrive.
 */
export function transientFaults(seed: number, rate: number, options: TransientOptions = {}): FaultPlan {
  const { kinds = TRANSIENT.slice(0, 6), most = Infinity } = options;
  const counts = new Map<string, number>();
  let given = 0;
  return (target) => {
    const key = `${target.method} ${target.url.replace(/(?<=\/uploads\/)[^?]*\?.*?(?=(?:digest=|$))/, '')}`;
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    const random = seededRandom(createHash('sha256').update(`${seed} ${count} ${key}`).digest().readUInt32LE());
    if (random() >= rate || given >= most) return null;
    const fitting = kinds.filter((kind) => isFitting(kind, target));
    const kind = fitting[Math.floor(random() * fitting.length)];
    if (kind === undefined) return null;
    given++;
    return makeFault(kind, target, random);
  };
}

function isFitting(kind: Kind, { method, url, listener, bodyBytes }: FaultTarget): boolean {
  switch (kind) {
    case 'cut-request':
      return bodyBytes > 0;
    case 'lose-upload':
      return /\/blobs\/uploads\/./.test(url);
    case 'expire-token':
      return listener === 'registry';
    case 'cut-answer':
    case 'resize-body':
    case 'flip-byte':
      return method === 'GET';
    case 'digest-header':
      return listener === 'registry' && /\/manifests\//.test(url);
    default:
      return true;
  }
}

function makeFault(kind: Kind, { bodyBytes }: FaultTarget, random: () => number): Fault {
  const isReset = random() < 0.5;
  switch (kind) {
    case 'cut-request':
      return { kind, afterBytes: Math.floor(random() * bodyBytes), isReset };
    case 'cut-answer':
      // Most answers are short; the square makes cuts in long ones too.
      return { kind, afterBytes: Math.floor(random() ** 4 * 100_000), isReset };
    case 'no-answer':
      return { kind, isDone: random() < 0.5, isReset };
    case 'status': {
      const status = STATUSES[Math.floor(random() * STATUSES.length)] ?? 503;
      const retryAfter = status === 429 || status === 503 ? { retryAfter: 0 } : {};
      return { kind, status, isDone: random() < 0.3, ...retryAfter };
    }
    case 'digest-header':
      return { kind, value: random() < 0.5 ? null : WRONG_DIGEST };
    case 'resize-body':
      return { kind, byBytes: random() < 0.5 ? -1 : 1 };
    case 'flip-byte':
      return { kind, at: Math.floor(random() * 1_000_000) };
    default:
      return { kind };
  }
}
