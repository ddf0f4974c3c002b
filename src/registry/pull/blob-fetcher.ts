import type { Repository } from '../repository/repository.ts';
import { fillBlob, type BlobPlace, type WantedBlob } from './fill-blob.ts';

/** Brings blobs of one repository into files. */
export interface BlobFetcher {
  /**
   * Brings what is missing of a blob to its place, and gives the digest of all of it. `onWritten` is told how many bytes
   * of the blob are in the file. Throws as `fillBlob`.
   */
  fetch(blob: WantedBlob, place: BlobPlace, onWritten: (sizeBytes: number) => void): Promise<string>;
  /** Returns when nothing is written any more. */
  close(): Promise<void>;
}

/** Fetches in this thread. */
export function createBlobFetcher(repository: Repository, signal: AbortSignal): BlobFetcher {
  return {
    fetch: (blob, place, onWritten) => fillBlob(repository, blob, place, { signal, onWritten }),
    close: () => Promise.resolve(),
  };
}
