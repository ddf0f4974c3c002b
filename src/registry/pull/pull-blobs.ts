import { keepFreedMemory } from '../../process/keep-freed-memory.ts';
import type { Repository } from '../repository/repository.ts';
import { createBlobFetcher, type BlobFetcher } from './blob-fetcher.ts';
import type { WantedBlob } from './fill-blob.ts';
import { fetchBlob } from './fetch-blob.ts';
import type { PullStaging } from './pull-staging.ts';

const AT_ONCE = 4;
/** What is quicker fetched than a thread is started. */
const SMALL_BYTES = 64 * 1024 * 1024;

export interface FetchBlobsOptions {
  readonly signal: AbortSignal;
  /** Starts a thread that fetches from the same repository, for large pulls; null where there is none. */
  readonly startFetchThread: ((signal: AbortSignal) => Promise<BlobFetcher>) | null;
  /** Told once how many bytes are there already, of all. */
  readonly onStart: (heldBytes: number, totalBytes: number) => void;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Brings blobs into a staging place, several at once, the largest first. Whatever arrives stays there, so that the next
 * call with the same place goes on where this one ended. Every blob is hashed before it counts. Throws
 * `blob.corrupt`, what reading throws, the signal's reason, and the system's errors.
 */
export async function fetchBlobs(
  repository: Repository,
  blobs: readonly WantedBlob[],
  staging: PullStaging,
  { signal, startFetchThread, onStart, onBytes }: FetchBlobsOptions,
): Promise<void> {
  const held = await staging.check(blobs, signal);
  onStart(held.sizeBytes, totalOf(blobs));
  const missing = blobs.filter(({ digest }) => !held.whole.has(digest)).toSorted((a, b) => b.sizeBytes - a.sizeBytes);
  const failing = new AbortController();
  const fetching = { repository, staging, signal: AbortSignal.any([signal, failing.signal]), onBytes };
  const isLarge = totalOf(missing) >= SMALL_BYTES;
  if (isLarge) keepFreedMemory();
  const keeping: Promise<void>[] = [];
  // The others stop at their next piece, and nobody writes any more when this call has ended.
  const orFail = (work: Promise<void>) => work.catch((error: unknown) => failing.abort(error));

  const takeFrom = async (fetcher: BlobFetcher) => {
    for (let blob = missing.shift(); blob !== undefined; blob = missing.shift()) {
      fetching.signal.throwIfAborted();
      const staged = await fetchBlob(blob, fetcher, fetching);
      // The next one need not wait for the disk.
      keeping.push(orFail(staged.keep()));
    }
  };
  const runFetcher = async (fetcher: BlobFetcher, atOnce: number) => {
    try {
      await Promise.all(Array.from({ length: atOnce }, () => orFail(takeFrom(fetcher))));
    } finally {
      await fetcher.close();
    }
  };
  const runThread = async (start: (signal: AbortSignal) => Promise<BlobFetcher>, atOnce: number) =>
    runFetcher(await start(fetching.signal), atOnce);
  const here = createBlobFetcher(repository, fetching.signal);
  // This thread begins while the other one starts.
  if (isLarge && missing.length > 1 && startFetchThread !== null) {
    await Promise.all([runFetcher(here, AT_ONCE / 2), orFail(runThread(startFetchThread, AT_ONCE / 2))]);
  } else await runFetcher(here, AT_ONCE);
  await Promise.all(keeping);
  fetching.signal.throwIfAborted();
}

function totalOf(blobs: readonly WantedBlob[]): number {
  return blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
