import { mkdir, open, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ForkwrightError, isSystemError } from '../errors.ts';
import { compareText } from '../platform/order.ts';
import { blobPath } from '../oci/digest.ts';
import { encodeHeader, END_OF_ARCHIVE, padding } from '../tar/write-header.ts';
import { copyBlob, type CopyOptions, type LayoutBlob } from './copy-blob.ts';
import { openFileSink, type FileSink } from './file-sink.ts';
import { replaceOutput } from './replace-output.ts';

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
const OWN_NAMES: ReadonlySet<string> = new Set(['oci-layout', 'index.json', 'manifest.json', 'blobs']);

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
    isArchive ? writeArchive(temporary, plan, options) : writeFolder(temporary, plan, options),
  );
}

/** The files in front of the blobs, in their order: what says where everything is comes first. */
function topFiles({ indexJson, dockerManifest }: LayoutPlan): readonly (readonly [string, Buffer])[] {
  return [
    ['oci-layout', LAYOUT_FILE],
    ['index.json', indexJson],
    ...(dockerManifest === null ? [] : [['manifest.json', dockerManifest] as const]),
  ];
}

/** `blobs/` and one folder per algorithm. */
function blobFolders({ blobs }: LayoutPlan): readonly string[] {
  const folders = new Set(blobs.map(({ digest }) => dirname(blobPath(digest))));
  return ['blobs', ...[...folders].toSorted(compareText)];
}

async function writeArchive(
  path: string,
  plan: LayoutPlan,
  options: CopyOptions,
): Promise<{ readonly sizeBytes: number }> {
  return writeFile(path, async (sink) => {
    const startFile = (name: string, sizeBytes: number) =>
      sink.append(encodeHeader({ name, type: 'file', mode: 0o644, sizeBytes }));
    for (const [name, bytes] of topFiles(plan)) {
      await startFile(name, bytes.length);
      await sink.append(bytes);
      await sink.append(padding(bytes.length));
    }
    for (const folder of blobFolders(plan)) {
      await sink.append(encodeHeader({ name: `${folder}/`, type: 'directory', mode: 0o755 }));
    }
    for (const blob of plan.blobs) {
      await startFile(blobPath(blob.digest), blob.sizeBytes);
      await copyBlob(blob, sink, options);
      await sink.append(padding(blob.sizeBytes));
    }
    await sink.append(END_OF_ARCHIVE);
  });
}

async function writeFolder(
  path: string,
  plan: LayoutPlan,
  options: CopyOptions,
): Promise<{ readonly sizeBytes: number }> {
  for (const folder of ['', ...blobFolders(plan)]) await mkdir(join(path, folder));
  let totalBytes = 0;
  for (const [name, bytes] of topFiles(plan)) {
    const { sizeBytes } = await writeFile(join(path, name), (sink) => sink.append(bytes));
    totalBytes += sizeBytes;
  }
  for (const blob of plan.blobs) {
    const { sizeBytes } = await writeFile(join(path, blobPath(blob.digest)), (sink) => copyBlob(blob, sink, options));
    totalBytes += sizeBytes;
  }
  return { sizeBytes: totalBytes };
}

async function writeFile(
  path: string,
  write: (sink: FileSink) => Promise<void>,
): Promise<{ readonly sizeBytes: number }> {
  const handle = await open(path, 'wx');
  try {
    const sink = openFileSink(handle);
    await write(sink);
    await sink.finish();
    return { sizeBytes: sink.sizeBytes };
  } finally {
    await handle.close();
  }
}

/** Only what can be nothing but an earlier result is replaced. */
async function requireReplaceable(output: string, isArchive: boolean): Promise<void> {
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
