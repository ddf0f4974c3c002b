import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { placeEntries, type PlacedArchive } from '../../archive/write/place-entries.ts';
import { replaceOutput } from '../../archive/write/replace-output.ts';
import type { WrittenTarget } from '../../archive/write/write-target.ts';
import { claimLeftover } from '../../cache/claim-leftover.ts';
import type { ArchiveEntry } from '../../image/convert/archive-entry.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import type { Repository } from '../repository/repository.ts';
import { isBlobThere, type WantedBlob } from './fill-blob.ts';
import { fetchBlobs, type FetchBlobsOptions } from './pull-blobs.ts';
import { asPullError } from './pull-image.ts';
import { openJournal, type PullJournal } from './pull-journal.ts';
import type { HeldBlobs, PullStaging } from './pull-staging.ts';

const ARCHIVE = 'archive';
const JOURNAL = 'journal';

/**
 * Pulls blobs straight to their places in an archive, several at once, and gives the archive its name when it is whole: the
 * same bytes as `writeTar` would write. Until then it is in a hidden folder beside `output`, with a journal of what has
 * arrived. What a pull of the same archive that was ended has left there is used. Throws `archive.write-failed`, and what
 * `fetchBlobs` throws; what has arrived then stays for the next time.
 */
export async function pullArchive(
  repository: Repository,
  entries: readonly ArchiveEntry[],
  output: string,
  options: FetchBlobsOptions,
): Promise<WrittenTarget> {
  const archive = placeEntries(entries);
  try {
    const folder = await claimFolder(output);
    await fillArchive(repository, archive, folder, options);
    await replaceOutput(resolve(output), (temporary) => rename(join(folder, ARCHIVE), temporary));
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    throw asPullError(error, output);
  }
  return { sizeBytes: archive.sizeBytes, contentBytes: archive.sizeBytes };
}

/** A pull to a layout may have left other things in its folder. */
async function claimFolder(output: string): Promise<string> {
  const path = resolve(output);
  const folder = await claimLeftover(dirname(path), `.${basename(path)}.pull`);
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (name !== ARCHIVE && name !== JOURNAL) await rm(join(folder, name), { recursive: true });
  }
  return folder;
}

async function fillArchive(
  repository: Repository,
  archive: PlacedArchive,
  folder: string,
  options: FetchBlobsOptions,
): Promise<void> {
  const path = join(folder, ARCHIVE);
  const file = await open(path, constants.O_RDWR | constants.O_CREAT);
  try {
    const plan = identify(archive);
    const isWhole = (await file.stat()).size === archive.sizeBytes;
    const journal = await openJournal(join(folder, JOURNAL), plan, isWhole);
    try {
      await file.truncate(archive.sizeBytes);
      await fetchBlobs(repository, archive.blobs, stagingOf({ file, path, archive, journal }), options);
    } finally {
      await journal.close();
    }
    for (const { offset, bytes } of archive.pieces) await writeAt(file, bytes, offset);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Two archives with the same are the same, byte for byte. */
function identify({ sizeBytes, pieces, blobs }: PlacedArchive): Digest {
  const known = pieces.map(({ offset, bytes }) => [offset, digestOf(bytes)]);
  return digestOf(JSON.stringify([sizeBytes, known, blobs]));
}

interface Filling {
  readonly file: FileHandle;
  readonly path: string;
  readonly archive: PlacedArchive;
  readonly journal: PullJournal;
}

function stagingOf({ file, path, archive, journal }: Filling): PullStaging {
  const offsets = new Map(archive.blobs.map(({ digest, offset }) => [digest, offset]));
  return {
    check: async (_, signal) => {
      const whole = new Set<Digest>();
      let sizeBytes = 0;
      for (const blob of archive.blobs) {
        const heldBytes = heldOf(blob, journal);
        const { offset } = blob;
        const isAll = heldBytes === blob.sizeBytes;
        const isDamaged = isAll && !(await isBlobThere(file, { path, offset }, blob, signal));
        if (isDamaged) await journal.note(blob.digest, 0);
        else sizeBytes += heldBytes;
        if (!isDamaged && isAll) whole.add(blob.digest);
      }
      return { whole, sizeBytes } satisfies HeldBlobs;
    },
    open: (blob) => {
      const { digest, sizeBytes } = blob;
      const offset = offsets.get(digest);
      if (offset === undefined) throw new Error(`${digest} has no place in the archive`);
      const note = (bytes: number) => journal.note(digest, bytes);
      const place = { path, offset, heldBytes: heldOf(blob, journal) };
      return Promise.resolve({ place, note, clear: () => note(0), keep: () => note(sizeBytes) });
    },
  };
}

function heldOf({ digest, sizeBytes }: WantedBlob, journal: PullJournal): number {
  return Math.min(journal.heldBytes(digest), sizeBytes);
}

/** Throws the system's error. */
async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
}
