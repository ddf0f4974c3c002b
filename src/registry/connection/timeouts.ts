/** How long is waited before a connection counts as lost, and an operation as failed. */
export interface Timeouts {
  readonly connectMs: number;
  /** How long nothing may move while a body goes out or comes in. */
  readonly idleMs: number;
  /** How long the answer to a request may take, besides what `slowestBytesPerSecond` allows for its body. */
  readonly answerMs: number;
  /** How long one operation may take with all of its tries, besides what `slowestBytesPerSecond` allows for its bytes. */
  readonly totalMs: number;
  /** A link that is slower than this is as good as none: a server that sends a byte now and then never falls silent. */
  readonly slowestBytesPerSecond: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  connectMs: 10_000,
  idleMs: 30_000,
  answerMs: 60_000,
  totalMs: 10 * 60_000,
  slowestBytesPerSecond: 16 * 1024,
};
