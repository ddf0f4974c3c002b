import { CHUNK_BYTES, giveBackChunk, takeChunk } from './chunk-pool.ts';

/** A stream that is read before it is asked for. */
export interface ReadAhead {
  /** The next chunk, valid until the next one is asked for; null at the end. Throws what the stream throws. */
  next(): Promise<Uint8Array | null>;
  /** Stops the reading; waits until it has. */
  close(): Promise<void>;
}

/**
 * Reads a stream whose chunks are valid until the next one is asked for, up to `depth` chunks ahead: what unpacks it then
 * works on while its chunks are used.
 */
export function readAhead(chunks: AsyncIterable<Uint8Array>, depth: number): ReadAhead {
  const queue: { readonly whole: Buffer; readonly length: number }[] = [];
  const state = { isClosed: false, isDone: false };
  let failure: { readonly error: unknown } | null = null;
  let current: Buffer | null = null;
  // At most one of the two waits at any time.
  let wake: (() => void) | null = null;
  const wait = () => new Promise<void>((resolve) => (wake = resolve));
  const notify = () => {
    const waiting = wake;
    wake = null;
    waiting?.();
  };

  function keep(chunk: Uint8Array): void {
    const whole = chunk.length <= CHUNK_BYTES ? takeChunk() : Buffer.allocUnsafe(chunk.length);
    whole.set(chunk);
    queue.push({ whole, length: chunk.length });
    notify();
  }

  function release(): void {
    if (current?.length === CHUNK_BYTES) giveBackChunk(current);
    current = null;
  }

  async function pump(): Promise<void> {
    try {
      for await (const chunk of chunks) {
        keep(chunk);
        while (queue.length >= depth && !state.isClosed) await wait();
        if (state.isClosed) return;
      }
    } catch (error) {
      failure = { error };
    } finally {
      state.isDone = true;
      notify();
    }
  }
  const pumping = pump();

  return {
    async next() {
      release();
      while (queue.length === 0 && !state.isDone) await wait();
      const next = queue.shift();
      notify();
      if (next !== undefined) {
        current = next.whole;
        return current.subarray(0, next.length);
      }
      if (failure !== null) throw failure.error;
      return null;
    },
    async close() {
      state.isClosed = true;
      notify();
      await pumping;
      release();
      for (const { whole } of queue.splice(0)) if (whole.length === CHUNK_BYTES) giveBackChunk(whole);
    },
  };
}

/** Gives a stream the same face without reading anything before it is asked for. */
export function readInTurn(chunks: AsyncIterable<Uint8Array>): ReadAhead {
  const iterator = chunks[Symbol.asyncIterator]();
  return {
    async next() {
      const next = await iterator.next();
      return next.done === true ? null : next.value;
    },
    async close() {
      await iterator.return?.();
    },
  };
}
