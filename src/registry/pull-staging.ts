import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { streamRange } from '../archive/stream-range.ts';
import { claimLeftover } from '../cache/claim-leftover.ts';
import { blobPath, digestParts, type Digest } from '../oci/digest.ts';

const WRITE_BYTES = 1024 * 1024;

type Blob = { readonly digest: Digest; readonly sizeBytes: number };

/** What an earlier pull has left of the blobs of this one. */
export interface HeldBlobs {
  /** Hashed just now. */
  readonly whole: ReadonlySet<Digest>;
  /** Bytes that are there of any of them, whole or not. */
  readonly sizeBytes: number;
}

/**
 * Gives a hidden folder beside `output` that is going to be an OCI layout, with what a pull that was ended had brought into
 * it. Nobody else uses it meanwhile.
 */
export async function claimStaging(output: string): Promise<string> {
  const path = resolve(output);
  const folder = await claimLeftover(dirname(path), `.${basename(path)}.pull`);
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  await mkdir(join(folder, 'blobs', 'sha512'), { recursive: true });
  return folder;
}

/**
 * Looks at what is in a staging folder: whole blobs are hashed, and removed where they are damaged, as is everything that
 * this pull does not need.
 */
export async function checkStaging(folder: string, blobs: readonly Blob[], signal: AbortSignal): Promise<HeldBlobs> {
  const whole = new Set<Digest>();
  let sizeBytes = 0;
  const wanted = new Map(blobs.map((blob) => [blobPath(blob.digest), blob]));
  const partial = new Map(blobs.map((blob) => [partialName(blob.digest), blob]));
  for (const entry of await readdir(folder)) {
    if (entry === 'blobs') continue;
    const blob = partial.get(entry);
    const size = blob === undefined ? Infinity : (await stat(join(folder, entry))).size;
    if (blob !== undefined && size <= blob.sizeBytes) sizeBytes += size;
    else await rm(join(folder, entry), { recursive: true });
  }
  for (const algorithm of ['sha256', 'sha512']) {
    for (const name of await readdir(join(folder, 'blobs', algorithm))) {
      const blob = wanted.get(`blobs/${algorithm}/${name}`);
      const path = join(folder, 'blobs', algorithm, name);
      if (blob !== undefined && (await isRight(path, blob, signal))) {
        whole.add(blob.digest);
        sizeBytes += blob.sizeBytes;
      } else await rm(path, { recursive: true });
    }
  }
  return { whole, sizeBytes };
}

async function isRight(path: string, { digest, sizeBytes }: Blob, signal: AbortSignal): Promise<boolean> {
  const { algorithm, hex } = digestParts(digest);
  const handle = await open(path);
  try {
    if ((await handle.stat()).size !== sizeBytes) return false;
    const hash = createHash(algorithm);
    await hashFile(handle, sizeBytes, path, hash, signal);
    return hash.digest('hex') === hex;
  } finally {
    await handle.close();
  }
}

/** A blob while it arrives. */
export interface PartialBlob {
  /** Bytes that are there. */
  readonly sizeBytes: number;
  /** Takes the next bytes; they may be changed again when the promise is kept. Throws the system's error. */
  append(bytes: Uint8Array): Promise<void>;
  /** Starts over. */
  clear(): Promise<void>;
  /**
   * Gives the blob its name where its bytes are right, and says which digest they have. With `isKept` they are brought to
   * the disk first. Throws the system's error.
   */
  finish(isKept: boolean): Promise<string>;
  /** Leaves what is there for the next time. */
  close(): Promise<void>;
}

/** Opens a blob's unfinished file, whatever of it is there already. What is there is hashed. */
export async function openPartial(
  folder: string,
  { digest, sizeBytes }: Blob,
  signal: AbortSignal,
): Promise<PartialBlob> {
  const { algorithm, hex } = digestParts(digest);
  const path = join(folder, partialName(digest));
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT);
  // Answers come in small pieces; a write for each would take half of the time.
  const gathered = Buffer.allocUnsafe(Math.min(WRITE_BYTES, sizeBytes));
  let gatheredBytes = 0;
  let position = Math.min((await handle.stat()).size, sizeBytes);
  let hash = createHash(algorithm);
  try {
    await hashFile(handle, position, path, hash, signal);
  } catch (error) {
    await handle.close();
    throw error;
  }
  async function flush(): Promise<void> {
    if (gatheredBytes === 0) return;
    const bytes = gathered.subarray(0, gatheredBytes);
    const writing = writeAt(handle, bytes, position - gatheredBytes);
    hash.update(bytes);
    gatheredBytes = 0;
    await writing;
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
      await handle.truncate(0);
      position = 0;
      gatheredBytes = 0;
      hash = createHash(algorithm);
    },
    async finish(isKept) {
      await flush();
      const actual = hash.digest('hex');
      if (actual === hex) {
        if (isKept) await handle.sync();
        await rename(path, join(folder, blobPath(digest)));
      }
      return `${algorithm}:${actual}`;
    },
    async close() {
      try {
        await flush();
      } finally {
        await handle.close();
      }
    },
  };
}

async function hashFile(
  handle: FileHandle,
  sizeBytes: number,
  place: string,
  hash: Hash,
  signal: AbortSignal,
): Promise<void> {
  for await (const chunk of streamRange(handle, 0, sizeBytes, place)) {
    signal.throwIfAborted();
    hash.update(chunk);
  }
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await handle.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
}

function partialName(digest: Digest): string {
  return `${digest.replace(':', '-')}.partial`;
}
