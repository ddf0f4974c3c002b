/** Numbers from 0 to below 1 that a seed decides: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bytes that a seed decides, and that no compression makes smaller. */
export function seededBytes(seed: number, sizeBytes: number): Buffer {
  const random = seededRandom(seed);
  const bytes = Buffer.alloc(sizeBytes + 3);
  for (let at = 0; at < sizeBytes; at += 4) bytes.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
  return bytes.subarray(0, sizeBytes);
}
