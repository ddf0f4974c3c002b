import type { FileHandle } from 'node:fs/promises';
import { ForkwrightError } from '../../errors.ts';
import { DEFAULT_LIMITS, type ReadLimits } from '../../limits.ts';
import { openCompressed, canUnpackZstd } from '../stream/decompress.ts';
import { SNIFF_BYTES, sniffCompression, type SniffedCompression } from '../stream/sniff-compression.ts';
import { streamRange } from '../stream/stream-range.ts';
import { fillFile, noRoom, openTemporaryFile, tooMuch } from '../stream/temporary-file.ts';
import { asWriteError, isWriteError } from '../write/write-error.ts';
import type { OpenOptions } from './open-options.ts';

/** An archive file as it is read: the file itself, or what it was unpacked into. */
export interface OpenedFile {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
  /** Of the file as it was found. */
  readonly compression: SniffedCompression;
}

const PACKAGES = { xz: 'xz (xz-utils on Debian)', bzip2: 'bzip2', zstd: 'zstd' } as const;
const TIMEOUT_MS = 24 * 60 * 60 * 1000;
const WATCH_MS = 50;

/**
 * Gives an archive file as it is where it is not compressed as a whole, else unpacked once into a file without a name; the
 * first handle is closed then. gzip, and zstd where Node has it, are unpacked here, the others by their programs, which
 * get the two files and never see a name. Compressed twice is not unpacked twice. Throws `archive.bomb`,
 * `archive.damaged`, `archive.needs-program`, `archive.no-room`, `archive.read-failed`, the signal's reason.
 */
export async function unpackArchive(
  handle: FileHandle,
  sizeBytes: number,
  place: string,
  options: OpenOptions,
): Promise<OpenedFile> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
  const compression = sniffCompression(buffer.subarray(0, bytesRead));
  if (compression === 'none') return { handle, sizeBytes, compression };
  const target = await openTemporaryFile(options.env ?? process.env, place);
  try {
    const { limits = DEFAULT_LIMITS } = options;
    const unpackedBytes =
      compression === 'gzip' || (compression === 'zstd' && canUnpackZstd())
        ? await unpackHere(handle, sizeBytes, target, place, limits, options.signal)
        : await unpackWith(compression, handle, sizeBytes, target, place, limits, options);
    await handle.close();
    return { handle: target, sizeBytes: unpackedBytes, compression };
  } catch (error) {
    await target.close();
    throw error;
  }
}

async function unpackHere(
  source: FileHandle,
  sizeBytes: number,
  target: FileHandle,
  place: string,
  limits: ReadLimits,
  signal: AbortSignal | undefined,
): Promise<number> {
  try {
    const { unpack } = await openCompressed(streamRange(source, 0, sizeBytes, place), place, limits);
    return await fillFile(target, unpack(), limits.unpackedBytes, place, signal);
  } catch (error) {
    if (!(error instanceof ForkwrightError)) throw error;
    if (error.code === 'layer.bomb') throw new ForkwrightError('archive.bomb', error.message, { place });
    if (error.code !== 'layer.corrupt') throw error;
    throw damaged(error.message, place, error.cause);
  }
}

async function unpackWith(
  program: 'xz' | 'bzip2' | 'zstd',
  source: FileHandle,
  sizeBytes: number,
  target: FileHandle,
  place: string,
  limits: ReadLimits,
  options: OpenOptions,
): Promise<number> {
  const run = options.run ?? (await import('../../process/run-program.ts')).runProgram;
  const limitBytes = Math.min(limits.unpackedBytes, Math.max(limits.freeBytes, sizeBytes * limits.ratio));
  // A program that writes to a file cannot be counted, but watched; what it wrote last is looked at behind its end.
  const stopper = new AbortController();
  const look = async () => {
    const { size } = await target.stat();
    if (size > limitBytes) stopper.abort();
  };
  const watch = setInterval(() => void look().catch(() => undefined), WATCH_MS);
  const signals = options.signal === undefined ? [stopper.signal] : [stopper.signal, options.signal];
  try {
    await run([program, '-dc'], {
      cwd: '/',
      env: { ...(options.env ?? process.env), LC_ALL: 'C' },
      signal: AbortSignal.any(signals),
      timeoutMs: TIMEOUT_MS,
      inputFd: source.fd,
      outputFd: target.fd,
      isGuarded: true,
    });
  } catch (error) {
    if (stopper.signal.aborted) throw tooMuch(limitBytes, place);
    if (!(error instanceof ForkwrightError)) throw error;
    if (error.code === 'process.not-found') {
      const text = `it is compressed with ${program}, and the program ${program} cannot be started`;
      const hint = `install ${PACKAGES[program]}, or unpack it first`;
      throw new ForkwrightError('archive.needs-program', text, { place, hint });
    }
    if (error.code !== 'process.failed') throw error;
    const cause = asWriteError(error);
    if (isWriteError(cause)) throw noRoom(place, cause);
    throw damaged(`${program} cannot unpack it`, place, error);
  } finally {
    clearInterval(watch);
  }
  const { size } = await target.stat();
  if (size > limitBytes) throw tooMuch(limitBytes, place);
  return size;
}

function damaged(text: string, place: string, cause: unknown): ForkwrightError {
  return new ForkwrightError('archive.damaged', text, { place, hint: 'save or copy it again', cause });
}
