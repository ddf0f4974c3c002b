import { ForkwrightError } from '../../errors.ts';
import type { Repository } from '../repository/repository.ts';
import type { BlobFetcher } from './blob-fetcher.ts';
import type { WantedBlob } from './fill-blob.ts';
import type { PullStaging, StagedBlob } from './pull-staging.ts';

/** How much of a blob may have to be fetched again where the process ends at once. */
const NOTE_BYTES = 1024 * 1024;

export interface FetchTarget {
  readonly repository: Pick<Repository, 'registry' | 'name'>;
  readonly staging: PullStaging;
  /** Bytes that have arrived; negative where they were wrong. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Fetches what is missing of a blob, and gives its place when all of it is there, and right. What an earlier pull has left of it may be
 * wrong: then it is fetched whole, once. Throws `blob.corrupt`, and what fetching and staging throws.
 */
export async function fetchBlob(
  blob: WantedBlob,
  fetcher: BlobFetcher,
  { repository, staging, onBytes }: FetchTarget,
): Promise<StagedBlob> {
  const staged = await staging.open(blob);
  const { place } = staged;
  const actual = await fill(blob, staged, place.heldBytes, fetcher, onBytes);
  if (actual === blob.digest) return staged;
  await staged.clear();
  // What was left behind may be what is wrong.
  onBytes(-blob.sizeBytes);
  const again = place.heldBytes > 0 ? await fill(blob, staged, 0, fetcher, onBytes) : actual;
  if (again === blob.digest) return staged;
  await staged.clear();
  throw new ForkwrightError('blob.corrupt', `what the registry sends has the digest ${again}`, {
    place: `${repository.registry}/${repository.name}@${blob.digest}`,
    hint: 'the registry, or a proxy before it, holds damaged data; push the image again',
  });
}

/** Fetches what is missing of a blob, and notes meanwhile how far it is. */
async function fill(
  blob: WantedBlob,
  { place, note }: StagedBlob,
  heldBytes: number,
  fetcher: BlobFetcher,
  onBytes: (bytes: number) => void,
): Promise<string> {
  let [writtenBytes, notedBytes] = [heldBytes, heldBytes];
  let noting: Promise<void> = Promise.resolve();
  const noteAll = () => {
    const bytes = (notedBytes = writtenBytes);
    noting = noting.then(() => note(bytes));
    // Whoever waits for it next is told.
    noting.catch(() => undefined);
  };
  const onWritten = (bytes: number) => {
    onBytes(bytes - writtenBytes);
    writtenBytes = bytes;
    if (writtenBytes - notedBytes >= NOTE_BYTES) noteAll();
  };
  try {
    return await fetcher.fetch(blob, { ...place, heldBytes }, onWritten);
  } finally {
    if (writtenBytes > notedBytes) noteAll();
    await noting;
  }
}
