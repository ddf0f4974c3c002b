import { mkdir, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { claimLeftover } from '../../cache/claim-leftover.ts';
import { blobPath, type Digest } from '../../oci/digest.ts';
import { isBlobThere, type BlobPlace, type WantedBlob } from './fill-blob.ts';

/** Where blobs are until a pull is over, and what an earlier one has left of them. */
export interface PullStaging {
  /** Looks at what is there: whole blobs are hashed, and what is damaged or not needed is dropped. */
  readonly check: (blobs: readonly WantedBlob[], signal: AbortSignal) => Promise<HeldBlobs>;
  /** Opens the place of a blob that is not whole, with whatever of it is there already. */
  readonly open: (blob: WantedBlob) => Promise<StagedBlob>;
}

/** What an earlier pull has left of the blobs of this one. */
export interface HeldBlobs {
  /** Hashed just now. */
  readonly whole: ReadonlySet<Digest>;
  /** Bytes that are there of any of them, whole or not. */
  readonly sizeBytes: number;
}

/** The place of a blob while it arrives. All of it throws the system's errors. */
export interface StagedBlob {
  readonly place: BlobPlace;
  /** Told how many bytes of the blob are there, for a pull that goes on when this one is ended. */
  readonly note: (sizeBytes: number) => Promise<void>;
  /** Drops what is there. */
  readonly clear: () => Promise<void>;
  /** Told that all of it is there, and right. */
  readonly keep: () => Promise<void>;
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

/** Blobs as files of a folder that is going to be a layout; with `isResult` they are brought to the disk one by one. */
export function openFolderStaging(folder: string, isResult: boolean): PullStaging {
  return {
    check: (blobs, signal) => checkFolder(folder, blobs, signal),
    open: (blob) => openFile(folder, blob, isResult),
  };
}

async function checkFolder(folder: string, blobs: readonly WantedBlob[], signal: AbortSignal): Promise<HeldBlobs> {
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

async function isRight(path: string, blob: WantedBlob, signal: AbortSignal): Promise<boolean> {
  const file = await open(path);
  try {
    if ((await file.stat()).size !== blob.sizeBytes) return false;
    return await isBlobThere(file, { path, offset: 0 }, blob, signal);
  } finally {
    await file.close();
  }
}

async function openFile(folder: string, blob: WantedBlob, isResult: boolean): Promise<StagedBlob> {
  const path = join(folder, partialName(blob.digest));
  // Makes it where it is not there.
  await (await open(path, 'a')).close();
  const { size: heldBytes } = await stat(path);
  return {
    place: { path, offset: 0, heldBytes },
    // The length of the file says it.
    note: () => Promise.resolve(),
    clear: () => truncate(path),
    keep: async () => {
      if (isResult) await syncFile(path);
      await rename(path, join(folder, blobPath(blob.digest)));
    },
  };
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function partialName(digest: Digest): string {
  return `${digest.replace(':', '-')}.partial`;
}
