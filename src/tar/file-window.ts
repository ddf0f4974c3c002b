import type { FileHandle } from 'node:fs/promises';

/** Gives bytes of a file, null where it is too short. */
export type ReadWindow = (position: number, length: number) => Promise<Buffer | null>;

const WINDOW_BYTES = 16 * 1024;

/**
 * Reads a file by positions, a window at a time: neighbouring headers then cost one system call together. `sizeBytes` is
 * the file's size. Throws the system's error where the file cannot be read.
 */
export function openWindow(file: FileHandle, sizeBytes: number): ReadWindow {
  let window: Buffer = Buffer.alloc(0);
  let start = 0;
  return async (position, length) => {
    if (position + length > sizeBytes) return null;
    if (position < start || position + length > start + window.length) {
      window = await readFully(file, position, Math.min(Math.max(length, WINDOW_BYTES), sizeBytes - position));
      start = position;
    }
    // Shorter than asked for only where the file shrank meanwhile.
    return position + length > start + window.length
      ? null
      : window.subarray(position - start, position - start + length);
  };
}

async function readFully(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length;) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) return buffer.subarray(0, filled);
    filled += bytesRead;
  }
  return buffer;
}
