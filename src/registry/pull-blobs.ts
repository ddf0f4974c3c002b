import pMap from 'p-map';
import { ForkwrightError } from '../errors.ts';
import type { PartialBlob, StagedBlob } from './partial-blob.ts';
import type { PullStaging } from './pull-staging.ts';
import type { Repository } from './repository.ts';
import { startWriteThread, type WriteThread } from './write-thread.ts';

const AT_ONCE = 4;
/** What is quicker fetched than a thread is started. */
const SMALL_BYTES = 64 * 1024 * 1024;

export interface FetchBlobsOptions {
  readonly signal: AbortSignal;
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
  blobs: readonly StagedBlob[],
  staging: PullStaging,
  { signal, onStart, onBytes }: FetchBlobsOptions,
): Promise<void> {
  const held = await staging.check(blobs, signal);
  const totalBytes = blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  onStart(held.sizeBytes, totalBytes);
  const missing = blobs.filter(({ digest }) => !held.whole.has(digest)).toSorted((a, b) => b.sizeBytes - a.sizeBytes);
  const failing = new AbortController();
  const missingBytes = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const thread = missingBytes < SMALL_BYTES ? null : startWriteThread();
  const fetching = { repository, staging, thread, signal: AbortSignal.any([signal, failing.signal]), onBytes };
  const fetchOne = async (blob: StagedBlob) => {
    try {
      await fetchBlob(blob, fetching);
    } catch (error) {
      // The others stop at their next piece, and nobody writes any more when this call has ended.
      failing.abort(error);
    }
  };
  try {
    await pMap(missing, fetchOne, { concurrency: AT_ONCE });
  } finally {
    await thread?.close();
  }
  fetching.signal.throwIfAborted();
}

interface Fetching extends Omit<FetchBlobsOptions, 'onStart'> {
  readonly repository: Repository;
  readonly staging: PullStaging;
  readonly thread: WriteThread | null;
}

async function fetchBlob(blob: StagedBlob, fetching: Fetching): Promise<void> {
  const { repository, staging, thread, signal, onBytes } = fetching;
  signal.throwIfAborted();
  const partial = await staging.open(blob, signal, thread);
  try {
    const heldBytes = partial.sizeBytes;
    const actual = await fillPartial(blob, partial, fetching);
    if (actual === blob.digest) return;
    await partial.clear();
    // What was left behind may be what is wrong.
    onBytes(-blob.sizeBytes);
    const again = heldBytes > 0 ? await fillPartial(blob, partial, fetching) : actual;
    if (again === blob.digest) return;
    await partial.clear();
    throw new ForkwrightError('blob.corrupt', `what the registry sends has the digest ${again}`, {
      place: `${repository.registry}/${repository.name}@${blob.digest}`,
      hint: 'the registry, or a proxy before it, holds damaged data; push the image again',
    });
  } finally {
    await partial.close();
  }
}

async function fillPartial(
  blob: StagedBlob,
  partial: PartialBlob,
  { repository, signal, onBytes }: Fetching,
): Promise<string> {
  if (partial.sizeBytes < blob.sizeBytes) {
    for await (const chunk of repository.readBlob(blob, partial.sizeBytes)) {
      signal.throwIfAborted();
      await partial.append(chunk);
      onBytes(chunk.length);
    }
  }
  return partial.finish();
}
