/** Streams in chunks of 64 KiB run at less than half of the speed. */
export const CHUNK_BYTES = 1024 * 1024;

const MOST_SPARE = 16;
const spare: Buffer[] = [];

/**
 * Gives a buffer of 1 MiB with anything in it. Who gives it back with `giveBackChunk` saves the next stream its own: an
 * image of a hundred layers would leave hundreds of them to the garbage collector, which takes its time.
 */
export function takeChunk(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
}

/** Takes a buffer of `takeChunk` back; nobody may read or write it any more. */
export function giveBackChunk(chunk: Buffer): void {
  if (spare.length < MOST_SPARE) spare.push(chunk);
}
