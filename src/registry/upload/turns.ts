/** Runs `act` when everything before it with the same key has ended, well or not. */
export type TakeTurn = <T>(key: string, act: () => Promise<T>) => Promise<T>;

/** Gives a queue per key. */
export function createTurns(): TakeTurn {
  const last = new Map<string, Promise<unknown>>();
  return (key, act) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(act, act);
    last.set(key, turn);
    return turn;
  };
}
