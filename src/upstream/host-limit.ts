/** Runs work of a host when it is its turn. Gives and throws what the work does. */
export type HostLimit = <T>(host: string, work: () => Promise<T>) => Promise<T>;

/**
 * Gives what lets only so many pieces of work of one host go on at a time, in their order; those of other hosts do not
 * wait for them.
 */
export function createHostLimit(perHost: number): HostLimit {
  const lanes = new Map<string, { running: number; readonly waiting: (() => void)[] }>();
  return async (host, work) => {
    const lane = lanes.get(host) ?? { running: 0, waiting: [] };
    lanes.set(host, lane);
    if (lane.running < perHost) lane.running++;
    // Whoever ends hands its place over, so that nobody can slip in between.
    else await new Promise<void>((resolve) => lane.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = lane.waiting.shift();
      if (next === undefined) lane.running--;
      else next();
    }
  };
}
