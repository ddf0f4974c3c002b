import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveEntry } from '../../image/convert/archive-entry.ts';
import type { Digest } from '../../oci/digest.ts';
import { encodeHeader, END_OF_ARCHIVE, padding } from '../../tar/write-header.ts';
import type { ByteSink } from '../stream/byte-sink.ts';
import { openFileSink } from '../stream/file-sink.ts';
import { copyBlob, type CopyOptions } from './copy-blob.ts';

/** Where the bytes of blobs are that an entry does not have with it. */
export interface BlobSource {
  /** Chunks are valid until the next one is asked for. */
  readonly bytes: (digest: Digest) => AsyncIterable<Uint8Array>;
  /** Where they come from, for errors; undefined where nobody needs to know. */
  readonly origin: (digest: Digest) => string | undefined;
}

/**
 * Writes entries as a tar: the bytes depend on the entries only. Every blob is hashed and counted on the way. Throws
 * `blob.corrupt`, the signal's reason, and what the two ends throw.
 */
export async function writeTar(
  entries: readonly ArchiveEntry[],
  blobs: BlobSource,
  sink: ByteSink,
  options: CopyOptions,
): Promise<void> {
  for (const entry of entries) {
    options.signal.throwIfAborted();
    await writeEntry(entry, blobs, sink, options);
  }
  await sink.append(END_OF_ARCHIVE);
}

async function writeEntry(entry: ArchiveEntry, blobs: BlobSource, sink: ByteSink, options: CopyOptions): Promise<void> {
  await sink.append(encodeEntryHeader(entry));
  switch (entry.kind) {
    case 'folder':
    case 'link':
      return;
    case 'file':
      await sink.append(entry.bytes);
      return sink.append(padding(entry.bytes.length));
    case 'blob':
      await copyEntry(entry, blobs, sink, options);
      return sink.append(padding(entry.sizeBytes));
  }
}

/** Gives the header blocks of an entry in a tar. */
export function encodeEntryHeader(entry: ArchiveEntry): Buffer {
  const { name } = entry;
  switch (entry.kind) {
    case 'folder':
      return encodeHeader({ name: `${name}/`, type: 'directory', mode: 0o755 });
    case 'link':
      return encodeHeader({ name, type: 'symlink', mode: 0o777, linkName: entry.target });
    case 'file':
      return encodeHeader({ name, type: 'file', mode: 0o644, sizeBytes: entry.bytes.length });
    case 'blob':
      return encodeHeader({ name, type: 'file', mode: 0o644, sizeBytes: entry.sizeBytes });
  }
}

/**
 * Writes entries as files of a folder that is there and empty; `link` may make a file out of one on the disk, and says
 * whether it did. Gives the bytes of all files. Throws as `writeTar`.
 */
export async function writeFolder(
  entries: readonly ArchiveEntry[],
  blobs: BlobSource,
  path: string,
  options: CopyOptions & { readonly link?: (digest: Digest, path: string) => Promise<boolean> },
): Promise<{ readonly sizeBytes: number }> {
  let totalBytes = 0;
  for (const entry of entries) {
    const target = join(path, entry.name);
    if (entry.kind === 'folder') {
      await mkdir(target);
      continue;
    }
    if (entry.kind === 'link') throw new Error('no layout has links');
    totalBytes += entry.kind === 'blob' ? entry.sizeBytes : entry.bytes.length;
    if (entry.kind === 'blob' && entry.bytes === null && (await options.link?.(entry.digest, target)) === true) {
      continue;
    }
    const handle = await open(target, 'wx');
    try {
      const sink = openFileSink(handle);
      if (entry.kind === 'file') await sink.append(entry.bytes);
      else await copyEntry(entry, blobs, sink, options);
      await sink.finish();
    } finally {
      await handle.close();
    }
  }
  return { sizeBytes: totalBytes };
}

async function copyEntry(
  { digest, sizeBytes, bytes }: Extract<ArchiveEntry, { readonly kind: 'blob' }>,
  blobs: BlobSource,
  sink: ByteSink,
  options: CopyOptions,
): Promise<void> {
  const at = bytes === null ? () => blobs.bytes(digest) : () => once(bytes);
  const origin = blobs.origin(digest);
  await copyBlob({ digest, sizeBytes, bytes: at, ...(origin === undefined ? {} : { origin }) }, sink, options);
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
