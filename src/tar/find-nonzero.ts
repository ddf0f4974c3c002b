const ZEROS = Buffer.alloc(64 * 1024);

/** The index of the first byte that is not zero; -1 where there is none. Quick, for padding may be long. */
export function findNonzero(bytes: Uint8Array): number {
  for (let start = 0; start < bytes.length; start += ZEROS.length) {
    const piece = bytes.subarray(start, start + ZEROS.length);
    if (!ZEROS.subarray(0, piece.length).equals(piece)) return start + piece.findIndex((byte) => byte !== 0);
  }
  return -1;
}
