import { mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { ImageSource } from '../../archive/read/image-source.ts';
import { linkBlob } from '../../archive/write/link-blob.ts';
import { replaceOutput } from '../../archive/write/replace-output.ts';
import { parseSourceName } from '../../archive/read/source-name.ts';
import { writeFolder, writeTar, type BlobSource } from '../../archive/write/write-entries.ts';
import { openMadeLayers, requireHeld, type MadeLayers } from '../../archive/layers/write-layers.ts';
import { requireReplaceable } from '../../archive/write/write-layout.ts';
import { writeTarget, type FileTarget, type WrittenTarget } from '../../archive/write/write-target.ts';
import { ForkwrightError } from '../../errors.ts';
import { hasFailed, type Finding } from '../../finding.ts';
import type { ArchiveEntry } from '../../image/convert/archive-entry.ts';
import { toAnnotations } from '../../image/deprecation.ts';
import type { ImageSet } from '../../image/image-set.ts';
import { readTagged, taggedNames } from '../../image/convert/output-names.ts';
import { planLegacyEntries, planSkopeoEntries } from '../../image/convert/plan-docker-entries.ts';
import { planLayoutEntries, type NamedImage } from '../../image/convert/plan-layout-entries.ts';
import { rewriteGraph } from '../../image/convert/rewrite-graph.ts';
import { requireOneImage, selectImages, type SelectedImage } from '../../image/select/select-images.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatReference } from '../../oci/reference.ts';
import { formatSize } from '../../report/size.ts';
import type { Invocation } from '../command.ts';
import { loadUsable } from '../load-usable.ts';
import { convertLayers } from './layers.ts';
import type { Converted, ConvertOptions, NamedOutput } from './options.ts';
import { writeRootfs } from './rootfs.ts';

/** Writes the entries of a result. */
export type WriteEntries = (
  entries: readonly ArchiveEntry[],
  source: ImageSource,
  made: MadeLayers,
  options: ConvertOptions,
  invocation: Invocation,
) => Promise<WrittenTarget>;

/**
 * Writes the images of an open source in another format; `write` writes all but root filesystems. No broken input is used:
 * then nothing is written. Throws
 * `convert.no-image`, `convert.several-images`, `convert.foreign-layer`, `convert.diff-ids`, and what reading, flattening
 * and writing throw.
 */
export async function convertSource(
  source: ImageSource,
  options: ConvertOptions,
  invocation: Invocation,
  write: WriteEntries = writeEntries,
): Promise<Converted> {
  const { set, findings } = await loadUsable(source);
  if (hasFailed(findings, false)) return { written: null, findings };
  const has = (digest: Digest) => source.blob(digest) !== undefined;
  const selection = selectImages(renameRoots(set, options.name), options.platform, has);
  if (options.format === 'rootfs') {
    requireOneImage(selection.images, source.name, 'a root filesystem holds one image, and here are several');
    const written = await writeRootfs(source, selection.images, options, invocation);
    return { written, findings: [...findings, ...selection.findings, ...written.findings] };
  }
  if (options.format.startsWith('docker-')) requireOnePerName(selection.images, source.name);
  const made = openMadeLayers(source, invocation);
  try {
    const converted = await convertLayers(source, selection.images, made, options, invocation);
    const planned = planEntries(renameRoots(set, options.name), converted.images, source, options, has);
    const sizes = await write(planned.entries, source, made, options, invocation);
    const all = [...findings, ...selection.findings, ...converted.findings, ...planned.findings];
    return { written: { images: converted.images, ...sizes }, findings: all };
  } finally {
    await made.close();
  }
}

function renameRoots(set: ImageSet, name: string | null): ImageSet {
  if (name === null) return set;
  if (readTagged(name) === null) {
    const hint = 'a name inside an archive is a repository and a tag: registry.example.org/zoo:1.0';
    throw new ForkwrightError('reference.malformed', `${JSON.stringify(name)} is no name with a tag`, { hint });
  }
  const [only, ...others] = set.roots;
  if (only === undefined) return set;
  if (others.length > 0) {
    const text = `the archive holds ${set.roots.length} images, and one name cannot be the name of all`;
    throw new ForkwrightError('convert.several-images', text, {
      place: set.source,
      hint: 'choose one with --image',
    });
  }
  return { ...set, roots: [{ ...only, names: [name] }] };
}

/** Who loads a docker archive gives every image its names in turn: the last of one name wins. */
function requireOnePerName(images: readonly SelectedImage[], source: string): void {
  const keys = images.map(({ names }) => taggedNames(names).map(formatReference).join(' '));
  const clashing = images.filter((_, index) => keys.filter((key) => key === keys[index]).length > 1);
  requireOneImage(clashing, source, 'docker archives hold one image under a name, and here are several');
}

function planEntries(
  set: ImageSet,
  images: readonly NamedOutput[],
  source: ImageSource,
  { format, mediaTypes, deprecation = null }: ConvertOptions,
  has: (digest: Digest) => boolean,
): { readonly entries: readonly ArchiveEntry[]; readonly findings: readonly Finding[] } {
  const named: readonly NamedImage[] = images.map(({ image, names }) => ({ image, names: taggedNames(names) }));
  const isLayout = format === 'oci-archive' || format === 'oci';
  const graph = rewriteGraph(set, new Map(images.map(({ image }) => [image.source.descriptor.digest, image])), {
    family: mediaTypes,
    keepsArtifacts: isLayout,
    has,
  });
  if (isLayout) return { entries: planLayoutEntries(graph, null), findings: graph.findings };
  const lost = images.flatMap(({ names }) => names.filter((name) => readTagged(name) === null));
  const findings = lost.map((name): Finding => {
    const text = `the name ${JSON.stringify(name)} is no repository with a tag; docker archives cannot have it`;
    return { code: 'convert.lost-name', severity: 'warning', place: source.name, text, hint: '--name gives it one' };
  });
  if (format === 'docker-archive') {
    const annotations = deprecation === null ? {} : toAnnotations(deprecation);
    return { entries: planLayoutEntries(graph, named, annotations), findings: [...graph.findings, ...findings] };
  }
  for (const { image } of images) requireHeld(image.layers, format, source.name);
  const kept = graph.blobs.filter(({ role }) => role === 'manifest').length - images.length;
  if (kept > 0) {
    const text = `${kept} attestations or artifacts have no place in a ${format}; they are left out`;
    const hint = 'oci-archive and docker-archive keep them';
    findings.push({ code: 'convert.lost-attestation', severity: 'warning', place: source.name, text, hint });
  }
  return {
    entries: format === 'docker-archive-legacy' ? planLegacyEntries(named) : planSkopeoEntries(named),
    findings,
  };
}

async function writeEntries(
  entries: readonly ArchiveEntry[],
  source: ImageSource,
  made: MadeLayers,
  options: ConvertOptions,
  invocation: Invocation,
): Promise<WrittenTarget> {
  const totalBytes = entries.reduce((sum, entry) => sum + (entry.kind === 'blob' ? entry.sizeBytes : 0), 0);
  const task = invocation.progress.task(`writing ${basename(options.output)}`, totalBytes);
  const blobs: BlobSource = {
    bytes: (digest) => made.bytes(digest) ?? source.stream(digest),
    origin: (digest) => `${source.name}: ${source.blob(digest)?.name ?? digest}`,
  };
  const copy = { signal: invocation.signal, onBytes: (bytes: number) => task.advance(bytes) };
  try {
    const written =
      options.format === 'oci'
        ? await writeLayout(resolve(invocation.cwd, options.output), entries, blobs, source, copy, invocation.cwd)
        : await writeTarget(options.target, { ...invocation, ...options }, (sink) =>
            writeTar(entries, blobs, sink, copy),
          );
    task.done(formatSize(written.sizeBytes));
    return written;
  } catch (error) {
    task.fail('not written');
    throw error;
  }
}

async function writeLayout(
  output: string,
  entries: readonly ArchiveEntry[],
  blobs: BlobSource,
  source: ImageSource,
  copy: { readonly signal: AbortSignal; readonly onBytes: (bytes: number) => void },
  cwd: string,
): Promise<WrittenTarget> {
  await requireReplaceable(output, false);
  const folder = source.format === 'oci' ? resolve(cwd, (await parseSourceName(source.name, cwd)).path) : null;
  const link = async (digest: Digest, path: string): Promise<boolean> => {
    const place = source.blob(digest);
    // What a reader made itself lies in no file.
    if (folder === null || place === undefined || !place.name.startsWith('blobs/')) return false;
    return linkBlob(join(folder, place.name), path, place, copy);
  };
  return replaceOutput(output, async (temporary) => {
    await mkdir(temporary);
    const { sizeBytes } = await writeFolder(entries, blobs, temporary, { ...copy, link });
    return { sizeBytes, contentBytes: sizeBytes };
  });
}

/** Where an output on the command line is: a file, or stdout. */
export function targetOf(output: string, { cwd, stdout }: Invocation): FileTarget {
  if (output === '-') return { kind: 'stream', write: (bytes) => stdout.writeBytes(bytes) };
  return { kind: 'file', path: resolve(cwd, output) };
}
