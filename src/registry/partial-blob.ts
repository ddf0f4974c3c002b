import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { streamRange } from '../archive/stream-range.ts';
import { digestParts, type Digest } from '../oci/digest.ts';
import type { WriteThread } from './write-thread.ts';

const WRITE_BYTES = 1024 * 1024;
/** Below this it is not worth to hand a blob to another thread. */
const THREAD_BYTES = 1024 * 1024;

export type StagedBlob = { readonly digest: Digest; readonly sizeBytes: number };

/** Where a blob's bytes go. */
export interface BlobRegion {
  readonly file: FileHandle;
  /** Of the blob's first byte in the file. */
  readonly offset: number;
  /** What the file is called in errors. */
  readonly place: string;
  /** Told how many bytes of the blob are in the file: when there are more of them, and 0 when it starts over. */
  readonly onLength: (bytes: number) => Promise<void>;
}

/** A blob while it arrives. */
export interface PartialBlob {
  /** Bytes that are there. */
  readonly sizeBytes: number;
  /** Takes the next bytes; they may be changed again when the promise is kept. Throws the system's error. */
  append(bytes: Uint8Array): Promise<void>;
  /** Starts over. */
  clear(): Promise<void>;
  /** Writes what is gathered and says which digest the bytes have. Throws the system's error. */
  finish(): Promise<string>;
  /** Leaves what is there for the next time. */
  close(): Promise<void>;
}

/**
 * Goes on with a blob of which `heldBytes` are in the file. They are hashed first. A larger one of which there is nothing yet
 * is hashed and written by `thread`, if there is one.
 */
export async function resumeBlob(
  region: BlobRegion,
  blob: StagedBlob,
  heldBytes: number,
  signal: AbortSignal,
  thread: WriteThread | null,
): Promise<PartialBlob> {
  if (thread !== null && heldBytes === 0 && blob.sizeBytes >= THREAD_BYTES)
    return openThreadPartial(region, blob, thread);
  return openPartial(region, blob, heldBytes, signal);
}

function openThreadPartial(
  { file, offset, onLength }: BlobRegion,
  { digest }: StagedBlob,
  thread: WriteThread,
): PartialBlob {
  let noting: Promise<void> = Promise.resolve();
  const note = (bytes: number) => {
    noting = noting.then(() => onLength(bytes));
    // Whoever waits for it next is told.
    noting.catch(() => undefined);
  };
  let notedBytes = 0;
  const onWritten = (bytes: number) => {
    if (bytes - notedBytes < WRITE_BYTES) return;
    notedBytes = bytes;
    note(bytes);
  };
  const start = () => {
    notedBytes = 0;
    return thread.open({ fd: file.fd, offset, digest, onWritten });
  };
  let [writing, sizeBytes] = [start(), 0];
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    async append(bytes) {
      sizeBytes += bytes.length;
      await writing.append(bytes);
    },
    async clear() {
      await writing.stop();
      note(0);
      await noting;
      [writing, sizeBytes] = [start(), 0];
    },
    async finish() {
      const actual = await writing.finish();
      note(sizeBytes);
      await noting;
      return actual;
    },
    async close() {
      await writing.stop();
      await noting;
    },
  };
}

async function openPartial(
  { file, offset, place, onLength }: BlobRegion,
  { digest, sizeBytes }: StagedBlob,
  heldBytes: number,
  signal: AbortSignal,
): Promise<PartialBlob> {
  const { algorithm } = digestParts(digest);
  // Answers come in small pieces; a write for each would take half of the time.
  const gathered = Buffer.allocUnsafe(Math.min(WRITE_BYTES, sizeBytes));
  let gatheredBytes = 0;
  let position = Math.min(heldBytes, sizeBytes);
  let hash = createHash(algorithm);
  await hashRegion(file, offset, position, place, hash, signal);

  async function flush(): Promise<void> {
    if (gatheredBytes === 0) return;
    const bytes = gathered.subarray(0, gatheredBytes);
    const writing = writeAt(file, bytes, offset + position - gatheredBytes);
    hash.update(bytes);
    gatheredBytes = 0;
    await writing;
    await onLength(position);
  }
  return {
    get sizeBytes() {
      return position;
    },
    async append(bytes) {
      for (let taken = 0; taken < bytes.length;) {
        const piece = bytes.subarray(taken, taken + gathered.length - gatheredBytes);
        gathered.set(piece, gatheredBytes);
        gatheredBytes += piece.length;
        position += piece.length;
        taken += piece.length;
        if (gatheredBytes === gathered.length) await flush();
      }
    },
    async clear() {
      position = 0;
      gatheredBytes = 0;
      hash = createHash(algorithm);
      await onLength(0);
    },
    async finish() {
      await flush();
      return `${algorithm}:${hash.digest('hex')}`;
    },
    close: flush,
  };
}

/** Whether bytes of a file are those of a blob. Throws `archive.read-failed` and the signal's reason. */
export async function isBlobThere(
  { file, offset, place }: Pick<BlobRegion, 'file' | 'offset' | 'place'>,
  { digest, sizeBytes }: StagedBlob,
  signal: AbortSignal,
): Promise<boolean> {
  const { algorithm, hex } = digestParts(digest);
  const hash = createHash(algorithm);
  await hashRegion(file, offset, sizeBytes, place, hash, signal);
  return hash.digest('hex') === hex;
}

async function hashRegion(
  file: FileHandle,
  offset: number,
  sizeBytes: number,
  place: string,
  hash: Hash,
  signal: AbortSignal,
): Promise<void> {
  for await (const chunk of streamRange(file, offset, sizeBytes, place)) {
    signal.throwIfAborted();
    hash.update(chunk);
  }
}

/** Writes all of some bytes to a place of a file. Throws the system's error. */
export async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
}
