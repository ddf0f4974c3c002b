import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { claimLeftover } from '../cache/claim-leftover.ts';
import { blobPath, type Digest } from '../oci/digest.ts';
import { isBlobThere, resumeBlob, type PartialBlob, type StagedBlob } from './partial-blob.ts';
import type { WriteThread } from './write-thread.ts';

/** Where blobs are until a pull is over, and what an earlier one has left of them. */
export interface PullStaging {
  /** Looks at what is there: whole blobs are hashed, and what is damaged or not needed is dropped. */
  readonly check: (blobs: readonly StagedBlob[], signal: AbortSignal) => Promise<HeldBlobs>;
  /** Opens a blob that is not whole, with whatever of it is there already. `thread` may hash and write it. */
  readonly open: (blob: StagedBlob, signal: AbortSignal, thread: WriteThread | null) => Promise<PartialBlob>;
}

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

/** Blobs as files of a folder that is going to be a layout; with `isResult` they are brought to the disk one by one. */
export function openFolderStaging(folder: string, isResult: boolean): PullStaging {
  return {
    check: (blobs, signal) => checkFolder(folder, blobs, signal),
    open: (blob, signal, thread) => openFile(folder, blob, isResult, signal, thread),
  };
}

async function checkFolder(folder: string, blobs: readonly StagedBlob[], signal: AbortSignal): Promise<HeldBlobs> {
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

async function isRight(path: string, blob: StagedBlob, signal: AbortSignal): Promise<boolean> {
  const file = await open(path);
  try {
    if ((await file.stat()).size !== blob.sizeBytes) return false;
    return await isBlobThere({ file, offset: 0, place: path }, blob, signal);
  } finally {
    await file.close();
  }
}

async function openFile(
  folder: string,
  blob: StagedBlob,
  isResult: boolean,
  signal: AbortSignal,
  thread: WriteThread | null,
): Promise<PartialBlob> {
  const path = join(folder, partialName(blob.digest));
  const file = await open(path, constants.O_RDWR | constants.O_CREAT);
  const onLength = (bytes: number) => (bytes === 0 ? file.truncate(0) : Promise.resolve());
  try {
    const region = { file, offset: 0, place: path, onLength };
    const partial = await resumeBlob(region, blob, (await file.stat()).size, signal, thread);
    return {
      get sizeBytes() {
        return partial.sizeBytes;
      },
      append: partial.append,
      clear: partial.clear,
      async finish() {
        const actual = await partial.finish();
        if (actual !== blob.digest) return actual;
        if (isResult) await file.sync();
        await rename(path, join(folder, blobPath(blob.digest)));
        return actual;
      },
      async close() {
        try {
          await partial.close();
        } finally {
          await file.close();
        }
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function partialName(digest: Digest): string {
  return `${digest.replace(':', '-')}.partial`;
}
