import { createHash, type Hash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { streamRange } from '../../archive/stream/stream-range.ts';
import { digestParts, type Digest } from '../../oci/digest.ts';
import type { Repository } from '../repository/repository.ts';

export interface WantedBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** Where the bytes of a blob go. */
export interface BlobPlace {
  /** Of a file that is there. */
  readonly path: string;
  /** Of the blob's first byte in the file. */
  readonly offset: number;
  /** So many bytes of the blob are in the file already. */
  readonly heldBytes: number;
}

/**
 * Brings what is missing of a blob into its place, and gives the digest of all of it: what is there is hashed too. Bytes are
 * hashed and written as they come, in the thread that they come in, while they are in the processor's caches: to hand
 * them on to another thread, or to gather them first, costs more than it saves. `onWritten` is told how many bytes of the blob
 * are in the file. Throws what reading throws, the system's error of writing, and the signal's reason.
 */
export async function fillBlob(
  repository: Pick<Repository, 'takeBlob'>,
  blob: WantedBlob,
  { path, offset, heldBytes }: BlobPlace,
  { signal, onWritten }: { readonly signal: AbortSignal; readonly onWritten: (sizeBytes: number) => void },
): Promise<string> {
  const { algorithm } = digestParts(blob.digest);
  const hash = createHash(algorithm);
  const file = await open(path, 'r+');
  try {
    await hashRegion(file, { path, offset }, heldBytes, hash, signal);
    let sizeBytes = heldBytes;
    if (sizeBytes < blob.sizeBytes) {
      await repository.takeBlob(blob, sizeBytes, (chunk) => {
        signal.throwIfAborted();
        hash.update(chunk);
        writeAll(file.fd, chunk, offset + sizeBytes);
        sizeBytes += chunk.length;
        onWritten(sizeBytes);
      });
    }
    return `${algorithm}:${hash.digest('hex')}`;
  } finally {
    await file.close();
  }
}

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(fd, bytes, written, bytes.length - written, position + written);
  }
}

/** Whether bytes of a file are those of a blob. Throws `archive.read-failed` and the signal's reason. */
export async function isBlobThere(
  file: FileHandle,
  place: Pick<BlobPlace, 'path' | 'offset'>,
  { digest, sizeBytes }: WantedBlob,
  signal: AbortSignal,
): Promise<boolean> {
  const { algorithm, hex } = digestParts(digest);
  const hash = createHash(algorithm);
  await hashRegion(file, place, sizeBytes, hash, signal);
  return hash.digest('hex') === hex;
}

async function hashRegion(
  file: FileHandle,
  { path, offset }: Pick<BlobPlace, 'path' | 'offset'>,
  sizeBytes: number,
  hash: Hash,
  signal: AbortSignal,
): Promise<void> {
  for await (const chunk of streamRange(file, offset, sizeBytes, path)) {
    signal.throwIfAborted();
    hash.update(chunk);
  }
}
