import type { FileHandle } from 'node:fs/promises';
import { ForkwrightError } from '../../errors.ts';
import { streamRange } from '../stream/stream-range.ts';
import { openTemporaryFile } from '../stream/temporary-file.ts';
import { isWriteError } from '../write/write-error.ts';

const PLACE = 'what the layers unpack to';

/** Keeps what layers unpack to when they are read for the first time, so that nobody has to unpack them again. */
export interface LayerStore {
  /** Gives where the bytes of a layer go, which may be changed again when the promise is kept. */
  add(layer: number): { append(chunk: Uint8Array): Promise<void>; end(): void };
  /** The bytes of a layer that was added whole; undefined for any other. A chunk is valid until the next is asked for. */
  chunks(layer: number): AsyncIterable<Uint8Array> | undefined;
  close(): Promise<void>;
}

interface Extent {
  readonly offset: number;
  sizeBytes: number;
}

/**
 * Opens a store in one file without a name, among the temporary files. Several layers may be added at the same time.
 * Where the disk has no room for it, it keeps nothing any more, and gives back what it took. Reading throws
 * `archive.read-failed`.
 */
export function openLayerStore(env: Readonly<Record<string, string | undefined>>): LayerStore {
  const whole = new Map<number, readonly Extent[]>();
  let opening: Promise<FileHandle> | null = null;
  let end = 0;
  let hasRoom = true;

  async function write(file: FileHandle, chunk: Uint8Array, extents: Extent[]): Promise<void> {
    const offset = end;
    end += chunk.length;
    for (let written = 0; written < chunk.length;) {
      written += (await file.write(chunk, written, chunk.length - written, offset + written)).bytesWritten;
    }
    const last = extents.at(-1);
    if (last !== undefined && last.offset + last.sizeBytes === offset) last.sizeBytes += chunk.length;
    else extents.push({ offset, sizeBytes: chunk.length });
  }

  async function giveUp(error: unknown): Promise<void> {
    const isFull = isWriteError(error) || (error instanceof ForkwrightError && error.code === 'archive.no-room');
    if (!isFull) throw error;
    hasRoom = false;
    whole.clear();
    await (await openedFile())?.truncate();
  }

  /** Null where there is none; that it could not be opened was told to who wanted to write. */
  async function openedFile(): Promise<FileHandle | null> {
    try {
      return await opening;
    } catch {
      return null;
    }
  }

  async function* read(extents: readonly Extent[]): AsyncGenerator<Uint8Array> {
    const file = await opening;
    if (file === null) return;
    for (const { offset, sizeBytes } of extents) yield* streamRange(file, offset, sizeBytes, PLACE);
  }

  return {
    add(layer) {
      const extents: Extent[] = [];
      return {
        async append(chunk) {
          if (!hasRoom) return;
          try {
            opening ??= openTemporaryFile(env, PLACE);
            await write(await opening, chunk, extents);
          } catch (error) {
            await giveUp(error);
          }
        },
        end() {
          if (hasRoom) whole.set(layer, extents);
        },
      };
    },
    chunks(layer) {
      const extents = whole.get(layer);
      return extents === undefined ? undefined : read(extents);
    },
    async close() {
      await (await openedFile())?.close();
    },
  };
}
