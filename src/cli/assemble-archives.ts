import { basename, resolve } from 'node:path';
import type { ImageSource } from '../archive/read/image-source.ts';
import { openImageSource } from '../archive/read/open.ts';
import { writeImageLayout } from '../archive/write/write-layout.ts';
import { ForkwrightError } from '../errors.ts';
import { hasFailed, type Finding } from '../finding.ts';
import { mergeImages, type MergeInput, type MergeOptions, type MergePlan } from '../image/merge.ts';
import type { PlannedBlob } from '../image/convert/plan-blobs.ts';
import { formatReference } from '../oci/reference.ts';
import type { Platform } from '../platform/platform.ts';
import { formatSize } from '../report/size.ts';
import type { Invocation } from './command.ts';
import { loadUsable } from './load-usable.ts';
import { openSource, type GivenConfig } from './open-source.ts';

export interface AssembleOptions extends MergeOptions {
  /** Archive files or layout folders, as the user named them; one may be named twice. */
  readonly archives: readonly string[];
  /** Where the index goes, from the invocation's folder: an archive where it ends in `.tar`, else a layout folder. */
  readonly output: string;
  /** The platforms that the user gives, by archive as it is named in `archives`. */
  readonly platforms?: ReadonlyMap<string, Platform>;
  /** What root filesystems among the archives are made images with. */
  readonly given?: Omit<GivenConfig, 'platform'>;
  /** Whether an output that is this very index by its names, its digest and the blobs that it has is left as it is. */
  readonly keepsSame?: boolean;
}

/** What was written; null where an input is broken, which the findings tell. */
export interface Assembled {
  readonly written: { readonly plan: MergePlan; readonly sizeBytes: number; readonly isKept: boolean } | null;
  readonly findings: readonly Finding[];
}

/**
 * Puts the images of several archives into one index and writes it. No broken input is used: then nothing is written.
 * Throws what `openSource`, `mergeImages` and `writeImageLayout` throw.
 */
export async function assembleArchives(options: AssembleOptions, invocation: Invocation): Promise<Assembled> {
  const sources: ImageSource[] = [];
  try {
    const platforms: (Platform | null)[] = [];
    for (const archive of new Set(options.archives)) {
      const platform = options.platforms?.get(archive) ?? null;
      const given = options.given ?? { config: null, recipe: null };
      sources.push(await openSource(archive, { ...given, platform }, invocation));
      platforms.push(platform);
    }
    const { inputs, findings } = await loadInputs(sources, platforms);
    if (hasFailed(findings, false)) return { written: null, findings };
    const plan = mergeImages(inputs, options);
    const output = resolve(invocation.cwd, options.output);
    const keptBytes = options.keepsSame === true ? await findSame(plan, options.names, output) : null;
    const sizeBytes = keptBytes ?? (await writePlan(plan, sources, output, invocation));
    return { written: { plan, sizeBytes, isKept: keptBytes !== null }, findings: [...findings, ...plan.findings] };
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}

async function loadInputs(
  sources: readonly ImageSource[],
  platforms: readonly (Platform | null)[],
): Promise<{ inputs: MergeInput[]; findings: Finding[] }> {
  const inputs: MergeInput[] = [];
  const findings: Finding[] = [];
  for (const [index, source] of sources.entries()) {
    const { set, findings: ofSource } = await loadUsable(source);
    inputs.push({ set, has: (digest) => source.blob(digest) !== undefined, platform: platforms[index] ?? null });
    findings.push(...ofSource.filter(({ code }) => code !== 'archive.config-unused'));
  }
  return { inputs, findings };
}

/** Gives the size of the output where it is the index already; null where it is not, or is no sound archive. */
async function findSame(
  { index, blobs }: MergePlan,
  names: MergeOptions['names'],
  output: string,
): Promise<number | null> {
  const source = await openIfSound(output);
  if (source === null) return null;
  try {
    const [root, ...others] = source.roots;
    const isSame =
      root?.descriptor.digest === index.digest &&
      others.length === 0 &&
      root.names.join(' ') === names.map(formatReference).join(' ') &&
      [...source.blobs()].length === blobs.length &&
      blobs.every(({ digest, sizeBytes }) => source.blob(digest)?.sizeBytes === sizeBytes);
    return isSame ? source.sizeBytes : null;
  } finally {
    await source.close();
  }
}

async function openIfSound(path: string): Promise<ImageSource | null> {
  try {
    const source = await openImageSource(path);
    if (!hasFailed(source.findings, false)) return source;
    await source.close();
    return null;
  } catch (error) {
    // Whatever is wrong with it, it is going to be written anew.
    if (error instanceof ForkwrightError) return null;
    throw error;
  }
}

async function writePlan(
  plan: MergePlan,
  sources: readonly ImageSource[],
  output: string,
  invocation: Invocation,
): Promise<number> {
  const totalBytes = plan.blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0);
  const task = invocation.progress.task(`assembling ${basename(output)}`, totalBytes);
  const blobs = plan.blobs.map((blob) => ({
    digest: blob.digest,
    sizeBytes: blob.sizeBytes,
    bytes: () => streamBlob(blob, sources),
  }));
  const { indexJson, dockerManifest } = plan;
  try {
    const { sizeBytes } = await writeImageLayout(
      output,
      { indexJson, blobs, dockerManifest },
      { signal: invocation.signal, onBytes: (bytes) => task.advance(bytes) },
    );
    task.done(formatSize(sizeBytes));
    return sizeBytes;
  } catch (error) {
    task.fail('not written');
    throw error;
  }
}

async function* streamBlob(
  { bytes, digest }: PlannedBlob,
  sources: readonly ImageSource[],
): AsyncGenerator<Uint8Array> {
  if (bytes !== null) {
    yield bytes;
    return;
  }
  const source = sources.find((each) => each.blob(digest) !== undefined);
  if (source === undefined) throw new ForkwrightError('blob.absent', `none of the archives holds ${digest}`);
  yield* source.stream(digest);
}
