/** The most that counts, 32 MiB, with room for the block's header. */
const BLOCK_BYTES = 31 * 1024 * 1024;

/**
 * Makes the process keep up to twice this much of the memory that it frees, for what it allocates next. All that comes from
 * the network is in new blocks, and where they are given back in between, the kernel clears new pages for each of them,
 * which takes as long as to hash what comes. glibc decides by the largest block that was ever freed; this one is never
 * touched, so it takes no memory itself. With another C library nothing happens. Specification: mallopt(3), M_MMAP_THRESHOLD
 * and M_TRIM_THRESHOLD.
 */
export function keepFreedMemory(): void {
  // Nobody holds it: it is freed by the next garbage collection.
  void new ArrayBuffer(BLOCK_BYTES);
}
