/** A stream that several readers use one after another: each goes on where the last one stopped. */
export interface SharedStream {
  /** What is left; a reader that stops early does not end the stream. */
  readonly rest: AsyncIterable<Uint8Array>;
  /** Reads to the end. */
  drain(): Promise<void>;
  /** Ends the stream, read to its end or not. */
  close(): Promise<void>;
}

/** Makes a stream one that can be read in turns. */
export function shareStream(chunks: AsyncIterable<Uint8Array>): SharedStream {
  const iterator = chunks[Symbol.asyncIterator]();
  const rest = { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
  return {
    rest,
    async drain() {
      for await (const _ of rest);
    },
    async close() {
      await iterator.return?.();
    },
  };
}

/** Passes chunks on unchanged and shows each to `see` first. */
export async function* tap(
  chunks: AsyncIterable<Uint8Array>,
  see: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    see(chunk);
    yield chunk;
  }
}
