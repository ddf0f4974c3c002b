import { open, stat, type FileHandle } from 'node:fs/promises';
import { ForkwrightError, isSystemError } from '../../errors.ts';
import { compressInto, gatherInto, type ByteSink } from '../stream/byte-sink.ts';
import { compressMethod, type OuterCompression } from '../stream/compress.ts';
import { openFileSink } from '../stream/file-sink.ts';
import { streamRange } from '../stream/stream-range.ts';
import { openTemporaryFile, openTemporarySink, orNoRoom } from '../stream/temporary-file.ts';
import { runOn, type LayerTools } from '../layers/write-layers.ts';
import { replaceOutput } from './replace-output.ts';

const PLAIN = 'the archive before it is compressed';
const PACKED = 'the archive before it is written';

/** Where an archive file goes. */
export type FileTarget =
  | { readonly kind: 'file'; readonly path: string }
  /** `write` keeps its promise when the bytes may be used for something else. */
  | { readonly kind: 'stream'; readonly write: (bytes: Uint8Array) => Promise<void> };

/** How large a result is, and what it would be without compression. */
export interface WrittenTarget {
  readonly sizeBytes: number;
  readonly contentBytes: number;
}

export interface TargetOptions extends LayerTools {
  readonly compression: OuterCompression;
  readonly zstdLevel: number;
}

/**
 * Lets `fill` write an archive file, compressed as a whole where that is wanted, and gives the size of the result. A file
 * appears under its name whole or not at all. A stream gets the bytes while they are made; only what a program compresses
 * goes through files without names first. Throws `archive.refuses-folder`, `archive.write-failed`, `archive.no-room`,
 * `process.not-found` for a missing `xz` or `zstd`, the signal's reason, and what `fill` and the stream throw.
 */
export async function writeTarget(
  target: FileTarget,
  options: TargetOptions,
  fill: (sink: ByteSink) => Promise<void>,
): Promise<WrittenTarget> {
  let contentBytes = 0;
  const count = (sink: ByteSink): Promise<void> =>
    fill({
      append(bytes) {
        // What reads ahead may have read all of it before.
        if (options.signal.aborted) return Promise.reject(options.signal.reason);
        contentBytes += bytes.length;
        return sink.append(bytes);
      },
    });
  const { sizeBytes } = await writeCounted(target, options, count);
  return { sizeBytes, contentBytes };
}

async function writeCounted(
  target: FileTarget,
  options: TargetOptions,
  fill: (sink: ByteSink) => Promise<void>,
): Promise<{ readonly sizeBytes: number }> {
  if (target.kind === 'stream') {
    let sizeBytes = 0;
    await toStream(options, fill, async (bytes) => {
      options.signal.throwIfAborted();
      await target.write(bytes);
      sizeBytes += bytes.length;
    });
    return { sizeBytes };
  }
  await requireNoFolder(target.path);
  return replaceOutput(target.path, async (temporary) => {
    const handle = await open(temporary, 'wx');
    try {
      await toFile(handle, options, fill);
      options.signal.throwIfAborted();
      const { size: sizeBytes } = await handle.stat();
      return { sizeBytes };
    } finally {
      await handle.close();
    }
  });
}

async function toFile(
  handle: FileHandle,
  options: TargetOptions,
  fill: (sink: ByteSink) => Promise<void>,
): Promise<void> {
  const { compression, zstdLevel } = options;
  const method = compression === 'none' ? null : compressMethod(compression, zstdLevel);
  if (method?.by === 'program') {
    const plain = await openTemporaryFile(options.env, PLAIN);
    try {
      const sink = openTemporarySink(plain, PLAIN);
      await fill(sink);
      await sink.finish();
      await runOn(method.argv, plain, handle, options);
      await handle.sync();
    } finally {
      await plain.close();
    }
    return;
  }
  const file = openFileSink(handle);
  if (method === null) await fill(file);
  else {
    const sink = compressInto(file, method.compress);
    try {
      await fill(sink);
      await sink.finish();
    } catch (error) {
      await sink.abort();
      throw error;
    }
  }
  await file.finish();
}

async function toStream(
  options: TargetOptions,
  fill: (sink: ByteSink) => Promise<void>,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const { compression, zstdLevel } = options;
  const method = compression === 'none' ? null : compressMethod(compression, zstdLevel);
  if (method?.by === 'program') {
    const packed = await openTemporaryFile(options.env, PACKED);
    try {
      await orNoRoom(toFile(packed, options, fill), PACKED);
      const { size } = await packed.stat();
      for await (const chunk of streamRange(packed, 0, size, PACKED)) await write(chunk);
    } finally {
      await packed.close();
    }
    return;
  }
  const gathering = gatherInto(write);
  const sink = method === null ? null : compressInto(gathering, method.compress);
  try {
    await fill(sink ?? gathering);
    await sink?.finish();
  } catch (error) {
    await sink?.abort();
    throw error;
  }
  await gathering.finish();
}

async function requireNoFolder(path: string): Promise<void> {
  const stats = await stat(path).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  });
  if (stats === null || !stats.isDirectory()) return;
  throw new ForkwrightError('archive.refuses-folder', 'a folder stands where the archive is to be', {
    place: path,
    hint: 'choose another output',
  });
}
