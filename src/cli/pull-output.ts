import { ZSTD_QUICK } from '../archive/stream/compress.ts';
import type { ImageSource } from '../archive/read/image-source.ts';
import type { WrittenTarget } from '../archive/write/write-target.ts';
import type { Finding } from '../finding.ts';
import type { ArchiveEntry } from '../image/convert/archive-entry.ts';
import { planLayoutEntries } from '../image/convert/plan-layout-entries.ts';
import type { PullPlan } from '../registry/pull/plan-pull.ts';
import { openPlannedSource } from '../registry/pull/planned-source.ts';
import { pullArchive } from '../registry/pull/pull-archive.ts';
import type { FetchBlobsOptions } from '../registry/pull/pull-blobs.ts';
import { finishLayout, removeStaged, stageImage } from '../registry/pull/pull-image.ts';
import type { Repository } from '../registry/repository/repository.ts';
import { formatSize } from '../report/size.ts';
import type { Invocation } from './command.ts';
import { startFetcher } from './open-registry.ts';
import type { ConvertOptions, OutputFormat } from './convert/options.ts';

/** What is pulled, and from where. */
export interface Pulling {
  readonly source: ImageSource;
  readonly repository: Repository;
  readonly plan: PullPlan;
}

export interface PullOutputOptions {
  /** The image as the user named it. */
  readonly reference: string;
  readonly format: OutputFormat;
  /** Absolute. */
  readonly output: string;
}

/** What became of it; null where what arrived cannot be converted, which the findings tell. */
export interface PulledOutput {
  readonly written: WrittenTarget | null;
  readonly findings: readonly Finding[];
}

/**
 * Brings what is planned into an output of a format. Formats that hold the blobs as they are in one file are written while
 * the blobs arrive; for the others they arrive in a folder first. Throws what pulling, converting and writing throws.
 */
export async function pullOutput(
  pulling: Pulling,
  options: PullOutputOptions,
  invocation: Invocation,
): Promise<PulledOutput> {
  switch (options.format) {
    case 'oci-archive':
      return {
        written: await pullEntries(planLayoutEntries(pulling.plan.graph, null), pulling, options, invocation),
        findings: [],
      };
    case 'docker-archive': {
      const { convertSource } = await loadConversion();
      const planned = openPlannedSource(pulling.plan, pulling.source);
      const write = (entries: readonly ArchiveEntry[]) => pullEntries(entries, pulling, options, invocation);
      return convertSource(planned, keepAll(options), invocation, write);
    }
    default:
      return pullByFolder(pulling, options, invocation);
  }
}

/** What most pulls do not need, and takes as long to load as to ask the registry. */
async function loadConversion() {
  const { openImageSource } = await import('../archive/read/open.ts');
  const { convertSource } = await import('./convert/archive.ts');
  return { openImageSource, convertSource };
}

/** A conversion that touches no layer. */
function keepAll({ format, output }: PullOutputOptions): ConvertOptions {
  return {
    format,
    output,
    target: { kind: 'file', path: output },
    compression: 'none',
    zstdLevel: ZSTD_QUICK,
    layerCompression: 'keep',
    mediaTypes: 'keep',
    platform: null,
    flatten: false,
    maxLayers: null,
    name: null,
    deprecation: null,
  };
}

function pullEntries(
  entries: readonly ArchiveEntry[],
  { repository }: Pulling,
  options: PullOutputOptions,
  invocation: Invocation,
): Promise<WrittenTarget> {
  const pull = (fetching: FetchBlobsOptions) => pullArchive(repository, entries, options.output, fetching);
  return withTask(repository, options, invocation, pull, ({ sizeBytes }) => sizeBytes);
}

async function pullByFolder(
  { repository, plan }: Pulling,
  options: PullOutputOptions,
  invocation: Invocation,
): Promise<PulledOutput> {
  const isResult = options.format === 'oci';
  const stage = (fetching: FetchBlobsOptions) =>
    stageImage(repository, plan, options.output, { ...fetching, isResult });
  const pulledBytes = plan.graph.blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const staged = await withTask(repository, options, invocation, stage, () => pulledBytes);
  if (isResult) return { written: await finishLayout(staged, options.output), findings: [] };
  const { openImageSource, convertSource } = await loadConversion();
  const source = await openImageSource(staged.folder, invocation.cwd, invocation);
  try {
    const converted = await convertSource({ ...source, name: plan.set.source }, keepAll(options), invocation);
    if (converted.written !== null) await removeStaged(staged);
    return converted;
  } finally {
    await source.close();
  }
}

/** Shows how far a pull is. */
async function withTask<Result>(
  repository: Repository,
  { reference }: PullOutputOptions,
  invocation: Invocation,
  pull: (options: FetchBlobsOptions) => Promise<Result>,
  sizeOf: (result: Result) => number,
): Promise<Result> {
  const task = invocation.progress.task(`pulling ${reference}`, null);
  try {
    const result = await pull({
      signal: invocation.signal,
      startFetchThread: (signal) => startFetcher(repository, invocation, signal),
      onStart: (heldBytes, totalSize) => task.startAt(heldBytes, totalSize),
      onBytes: (bytes) => task.advance(bytes),
    });
    task.done(formatSize(sizeOf(result)));
    return result;
  } catch (error) {
    task.fail('not pulled; what has arrived is kept for the next time');
    throw error;
  }
}
