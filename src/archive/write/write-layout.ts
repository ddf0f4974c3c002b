import { mkdir, open, readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ForkwrightError, isSystemError } from '../../errors.ts';
import type { ArchiveEntry } from '../../image/convert/archive-entry.ts';
import { blobPath, type Digest } from '../../oci/digest.ts';
import { compareText } from '../../platform/order.ts';
import { openFileSink } from '../stream/file-sink.ts';
import type { CopyOptions, LayoutBlob } from './copy-blob.ts';
import { replaceOutput } from './replace-output.ts';
import { writeFolder, writeTar, type BlobSource } from './write-entries.ts';

export type { LayoutBlob } from './copy-blob.ts';

/** Everything that an OCI layout is to hold. */
export interface LayoutPlan {
  readonly indexJson: Buffer;
  /** Each digest once, in the order in which they are written. */
  readonly blobs: readonly LayoutBlob[];
  /** For docker's classic store, which reads no OCI layout. */
  readonly dockerManifest: Buffer | null;
}

const LAYOUT_FILE = Buffer.from('{"imageLayoutVersion":"1.0.0"}');
const OWN_NAMES: ReadonlySet<string> = new Set(['oci-layout', 'index.json', 'manifest.json', 'repositories', 'blobs']);

/**
 * Writes an OCI layout: an archive where `output` ends in `.tar`, else a folder. The bytes of an archive depend on the plan
 * only. It appears under its name whole or not at all, and replaces an archive or a layout folder that was there. Gives
 * the size of the archive, or of all files in the folder. Throws `blob.corrupt`, `archive.refuses-folder`,
 * `archive.write-failed`, the signal's reason, and what the blobs throw.
 * Specification: OCI image-spec, image-layout.md.
 */
export async function writeImageLayout(
  output: string,
  plan: LayoutPlan,
  options: CopyOptions,
): Promise<{ readonly sizeBytes: number }> {
  const isArchive = output.endsWith('.tar');
  await requireReplaceable(output, isArchive);
  return replaceOutput(output, (temporary) =>
    isArchive ? writeArchive(temporary, plan, options) : writeLayoutFolder(temporary, plan, options),
  );
}

/** What says where everything is comes first. */
function entriesOf({ indexJson, dockerManifest, blobs }: LayoutPlan): readonly ArchiveEntry[] {
  const folders = new Set(blobs.map(({ digest }) => dirname(blobPath(digest))));
  return [
    { kind: 'file', name: 'oci-layout', bytes: LAYOUT_FILE },
    { kind: 'file', name: 'index.json', bytes: indexJson },
    ...(dockerManifest === null ? [] : [{ kind: 'file', name: 'manifest.json', bytes: dockerManifest } as const]),
    ...['blobs', ...[...folders].toSorted(compareText)].map((name) => ({ kind: 'folder', name }) as const),
    ...blobs.map(
      ({ digest, sizeBytes }) => ({ kind: 'blob', name: blobPath(digest), digest, sizeBytes, bytes: null }) as const,
    ),
  ];
}

function sourceOf({ blobs }: LayoutPlan): BlobSource {
  const byDigest = new Map(blobs.map((blob) => [blob.digest, blob]));
  const find = (digest: Digest) => {
    const blob = byDigest.get(digest);
    if (blob === undefined) throw new Error(`${digest} is not in the plan`);
    return blob;
  };
  return { bytes: (digest) => find(digest).bytes(), origin: (digest) => find(digest).origin };
}

async function writeArchive(
  path: string,
  plan: LayoutPlan,
  options: CopyOptions,
): Promise<{ readonly sizeBytes: number }> {
  const handle = await open(path, 'wx');
  try {
    const sink = openFileSink(handle);
    await writeTar(entriesOf(plan), sourceOf(plan), sink, options);
    await sink.finish();
    return { sizeBytes: sink.sizeBytes };
  } finally {
    await handle.close();
  }
}

async function writeLayoutFolder(
  path: string,
  plan: LayoutPlan,
  options: CopyOptions,
): Promise<{ readonly sizeBytes: number }> {
  await mkdir(path);
  return writeFolder(entriesOf(plan), sourceOf(plan), path, options);
}

/** Refuses an output that is anything but an earlier result. Throws `archive.refuses-folder`. */
export async function requireReplaceable(output: string, isArchive: boolean): Promise<void> {
  const stats = await stat(output).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  });
  const refuse = (text: string, hint: string) =>
    new ForkwrightError('archive.refuses-folder', text, { place: output, hint });
  if (stats === null) return;
  if (isArchive && stats.isDirectory())
    throw refuse('a folder stands where the archive is to be', 'choose another output');
  if (isArchive) return;
  if (!stats.isDirectory()) {
    throw refuse('a file stands where the layout folder is to be', 'an output that ends in .tar becomes an archive');
  }
  const names = await readdir(output);
  const foreign = names.filter((name) => !OWN_NAMES.has(name));
  if (names.length === 0 || (names.includes('oci-layout') && foreign.length === 0)) return;
  const what =
    foreign.length === 0
      ? 'the folder is no OCI layout'
      : `the folder holds ${JSON.stringify(foreign.toSorted(compareText)[0])}`;
  throw refuse(
    `${what}; only an empty folder or an OCI layout is replaced`,
    'choose another output, or remove the folder',
  );
}
