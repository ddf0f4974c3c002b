import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openFileSink } from '../../archive/stream/file-sink.ts';
import { replaceOutput } from '../../archive/write/replace-output.ts';
import { explainWriteError } from '../../archive/write/write-error.ts';
import type { WrittenTarget } from '../../archive/write/write-target.ts';
import { ForkwrightError } from '../../errors.ts';
import { planLayoutEntries } from '../../image/convert/plan-layout-entries.ts';
import type { Repository } from '../repository/repository.ts';
import type { PullPlan } from './plan-pull.ts';
import { fetchBlobs, type FetchBlobsOptions } from './pull-blobs.ts';
import { claimStaging, openFolderStaging } from './pull-staging.ts';

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
  options: FetchBlobsOptions & { readonly isResult: boolean },
): Promise<StagedImage> {
  try {
    const folder = await claimStaging(output);
    const fetched = plan.graph.blobs.filter(({ bytes }) => bytes === null);
    await fetchBlobs(repository, fetched, openFolderStaging(folder, options.isResult), options);
    await writeDocuments(folder, plan);
    return { folder, plan };
  } catch (error) {
    throw asPullError(error, output);
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

/** Removes a staged image that became something else. */
export async function removeStaged({ folder }: StagedImage): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** Says of a system error of writing what is done about it, and that nothing of what has arrived is lost. */
export function asPullError(error: unknown, output: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || error.syscall === 'read') return error;
  const { text, hint } = explainWriteError(error);
  return new ForkwrightError('archive.write-failed', `cannot be written: ${text}`, {
    place: output,
    hint: `${hint}; what has arrived is kept beside it for the next time`,
    cause: error,
  });
}
