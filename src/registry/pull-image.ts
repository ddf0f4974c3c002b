import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openFileSink } from '../archive/file-sink.ts';
import { replaceOutput } from '../archive/replace-output.ts';
import { streamRange } from '../archive/stream-range.ts';
import { explainWriteError } from '../archive/write-error.ts';
import { writeTar } from '../archive/write-entries.ts';
import { writeTarget, type TargetOptions, type WrittenTarget } from '../archive/write-target.ts';
import { ForkwrightError } from '../errors.ts';
import { planLayoutEntries } from '../image/plan-layout-entries.ts';
import { blobPath, type Digest } from '../oci/digest.ts';
import type { PullPlan } from './plan-pull.ts';
import { fetchBlobs, type FetchBlobsOptions } from './pull-blobs.ts';
import { claimStaging } from './pull-staging.ts';
import type { Repository } from './repository.ts';

/** An image that has arrived whole, as an OCI layout in a hidden folder beside the output. */
export interface StagedImage {
  readonly folder: string;
  readonly plan: PullPlan;
}

/**
 * Brings an image into a hidden OCI layout beside `output`. What a pull that was ended has left there is used. Throws
 * `archive.write-failed`, and what `fetchBlobs` throws; what has arrived then stays for the next time.
 */
export async function stageImage(
  repository: Repository,
  plan: PullPlan,
  output: string,
  options: FetchBlobsOptions,
): Promise<StagedImage> {
  try {
    const folder = await claimStaging(output);
    const fetched = plan.graph.blobs.filter(({ bytes }) => bytes === null);
    await fetchBlobs(repository, fetched, folder, options);
    await writeDocuments(folder, plan);
    return { folder, plan };
  } catch (error) {
    throw asWriteError(error, output);
  }
}

/** Everything that is at hand: the files of the layout, manifests, configs. */
async function writeDocuments(folder: string, { graph }: PullPlan): Promise<void> {
  for (const entry of planLayoutEntries(graph, null)) {
    if (entry.kind === 'folder') await mkdir(join(folder, entry.name), { recursive: true });
    if ((entry.kind !== 'file' && entry.kind !== 'blob') || entry.bytes === null) continue;
    const handle = await open(join(folder, entry.name), 'w');
    try {
      const sink = openFileSink(handle);
      await sink.append(entry.bytes);
      await sink.finish();
    } finally {
      await handle.close();
    }
  }
  if (!graph.blobs.some(({ digest }) => digest.startsWith('sha512:'))) {
    await rm(join(folder, 'blobs', 'sha512'), { recursive: true });
  }
}

/** Makes a staged image the output, a layout folder. Throws `archive.refuses-folder`, `archive.write-failed`. */
export async function finishLayout({ folder, plan }: StagedImage, output: string): Promise<WrittenTarget> {
  await replaceOutput(resolve(output), (temporary) => rename(folder, temporary));
  const sizeBytes = planLayoutEntries(plan.graph, null).reduce((sum, entry) => {
    if (entry.kind === 'blob') return sum + entry.sizeBytes;
    return entry.kind === 'file' ? sum + entry.bytes.length : sum;
  }, 0);
  return { sizeBytes, contentBytes: sizeBytes };
}

/** Writes a staged image as an OCI archive, and removes it. Throws what `writeTarget` throws. */
export async function finishArchive(
  { folder, plan }: StagedImage,
  output: string,
  options: TargetOptions & { readonly onBytes: (bytes: number) => void },
): Promise<WrittenTarget> {
  const sizes = new Map(plan.graph.blobs.map(({ digest, sizeBytes }) => [digest, sizeBytes]));
  const blobs = {
    bytes: (digest: Digest) => streamFile(join(folder, blobPath(digest)), sizes.get(digest) ?? 0),
    origin: (digest: Digest) => join(folder, blobPath(digest)),
  };
  const entries = planLayoutEntries(plan.graph, null);
  const written = await writeTarget({ kind: 'file', path: resolve(output) }, options, (sink) =>
    writeTar(entries, blobs, sink, options),
  );
  await removeStaged({ folder, plan });
  return written;
}

/** Removes a staged image that became something else. */
export async function removeStaged({ folder }: StagedImage): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

async function* streamFile(path: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
  const handle = await open(path);
  try {
    yield* streamRange(handle, 0, sizeBytes, path);
  } finally {
    await handle.close();
  }
}

function asWriteError(error: unknown, output: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || error.syscall === 'read') return error;
  const { text, hint } = explainWriteError(error);
  return new ForkwrightError('archive.write-failed', `cannot be written: ${text}`, {
    place: output,
    hint,
    cause: error,
  });
}
