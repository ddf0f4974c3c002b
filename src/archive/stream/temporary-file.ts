import { randomBytes } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ForkwrightError } from '../../errors.ts';
import { asWriteError, isWriteError } from '../write/write-error.ts';
import { openFileSink, type FileSink } from './file-sink.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Opens an empty file that has no name any more, so that nothing of it is left behind however this process ends. It lies
 * in $FORKWRIGHT_TMPDIR, $TMPDIR, or where the system keeps such files. `place` is what it is for. Throws
 * `archive.no-room`.
 */
export async function openTemporaryFile(env: Environment, place: string): Promise<FileHandle> {
  const folder = env['FORKWRIGHT_TMPDIR'] || env['TMPDIR'] || tmpdir();
  const path = join(folder, `.forkwright-${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    const handle = await open(path, 'wx+', 0o600);
    await unlink(path);
    return handle;
  } catch (cause) {
    throw noRoom(place, cause);
  }
}

/**
 * Writes a stream to an empty file and gives its size. More than `limitBytes` are not taken: `archive.bomb`. Throws
 * `archive.no-room` where the file cannot be written, the signal's reason, and what the stream throws.
 */
export async function fillFile(
  file: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  limitBytes: number,
  place: string,
  signal?: AbortSignal,
): Promise<number> {
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    if (sizeBytes + chunk.length > limitBytes) throw tooMuch(limitBytes, place);
    for (let written = 0; written < chunk.length;) {
      try {
        const { bytesWritten } = await file.write(chunk, written, chunk.length - written, sizeBytes + written);
        written += bytesWritten;
      } catch (cause) {
        throw noRoom(place, cause);
      }
    }
    sizeBytes += chunk.length;
  }
  return sizeBytes;
}

/** Opens a sink on an empty temporary file. It throws `archive.no-room` where the file cannot be written. */
export function openTemporarySink(file: FileHandle, place: string): FileSink {
  const sink = openFileSink(file);
  return {
    get sizeBytes() {
      return sink.sizeBytes;
    },
    append: (bytes) => orNoRoom(sink.append(bytes), place),
    flush: () => orNoRoom(sink.flush(), place),
    // Nobody finds it after a crash, so it need not be on the disk.
    finish: () => orNoRoom(sink.flush(), place),
  };
}

/** Waits for something that writes to a temporary file. Throws `archive.no-room` where that cannot be written. */
export async function orNoRoom<Value>(writing: Promise<Value>, place: string): Promise<Value> {
  try {
    return await writing;
  } catch (error) {
    const cause = asWriteError(error);
    throw isWriteError(cause) ? noRoom(place, cause) : error;
  }
}

/** The error for what unpacks to more than it may. */
export function tooMuch(limitBytes: number, place: string): ForkwrightError {
  return new ForkwrightError('archive.bomb', `it unpacks to more than ${limitBytes} bytes`, { place });
}

/** The error for a temporary file that cannot be written. */
export function noRoom(place: string, cause: unknown): ForkwrightError {
  return new ForkwrightError('archive.no-room', 'the temporary file for it cannot be written', {
    place,
    hint: 'set FORKWRIGHT_TMPDIR to a folder with room for it',
    cause,
  });
}
