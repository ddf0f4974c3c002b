/** One side puts chunks in, the other takes them out; nothing is kept in between. */
export interface HandOver {
  /** Waits until the chunk was used: the taker asked for the next one, or stopped. Throws what ended the taking. */
  put(chunk: Uint8Array): Promise<void>;
  end(): void;
  /** To be read once. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Ends it from the taker's side: every `put` throws this from now on. */
  fail(error: unknown): void;
}

/** Turns code that hands bytes on into a stream for code that asks for them. */
export function createHandOver(): HandOver {
  let waiting: {
    readonly chunk: Uint8Array;
    readonly used: () => void;
    readonly refuse: (error: unknown) => void;
  } | null = null;
  let wake: (() => void) | null = null;
  let isEnded = false;
  let failure: { readonly error: unknown } | null = null;
  const ring = () => {
    wake?.();
    wake = null;
  };

  async function* take(): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (waiting !== null) {
        const { chunk, used } = waiting;
        yield chunk;
        waiting = null;
        used();
      } else if (isEnded) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  return {
    put(chunk) {
      if (failure !== null) return Promise.reject(failure.error);
      return new Promise((used, refuse) => {
        waiting = { chunk, used, refuse };
        ring();
      });
    },
    end() {
      isEnded = true;
      ring();
    },
    chunks: take(),
    fail(error) {
      failure = { error };
      waiting?.refuse(error);
      waiting = null;
      isEnded = true;
      ring();
    },
  };
}
