/** Takes a stream apart into pieces of wanted lengths. */
export interface ChunkReader {
  /** Byte offset of what comes next. */
  readonly position: number;
  /** The next bytes as a copy; fewer only where the stream ends. */
  read(length: number): Promise<Buffer>;
  /** The next bytes, at most so many and at least one; null at the end. Valid until the next call. */
  readSome(maxBytes: number): Promise<Uint8Array | null>;
  /** Ends the stream early. */
  close(): Promise<void>;
}

/** Opens a reader over a stream whose chunks are valid until the next one is asked for. */
export function openChunkReader(chunks: AsyncIterable<Uint8Array>): ChunkReader {
  const iterator = chunks[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array(0);
  let start = 0;
  let position = 0;

  async function readSome(maxBytes: number): Promise<Uint8Array | null> {
    while (start >= chunk.length) {
      const next = await iterator.next();
      if (next.done === true) return null;
      chunk = next.value;
      start = 0;
    }
    const piece = chunk.subarray(start, start + maxBytes);
    start += piece.length;
    position += piece.length;
    return piece;
  }

  return {
    get position() {
      return position;
    },
    readSome,
    async read(length) {
      const bytes = Buffer.alloc(length);
      let filled = 0;
      while (filled < length) {
        const piece = await readSome(length - filled);
        if (piece === null) break;
        bytes.set(piece, filled);
        filled += piece.length;
      }
      return bytes.subarray(0, filled);
    },
    async close() {
      await iterator.return?.();
    },
  };
}
