import type { FileHandle } from 'node:fs/promises';
import { CHUNK_BYTES } from './chunk-pool.ts';

/** Writes a file from front to back. */
export interface FileSink {
  /** Bytes handed over so far. */
  readonly sizeBytes: number;
  /** Takes bytes; they may be changed again when the promise is kept. Throws the system's error. */
  append(bytes: Uint8Array): Promise<void>;
  /** Hands all that is gathered to the system. Throws the system's error. */
  flush(): Promise<void>;
  /** Brings everything to the disk. Throws the system's error. */
  finish(): Promise<void>;
}

/** Opens a sink on an empty file: small pieces are gathered to 1 MiB, large ones written as they are. */
export function openFileSink(file: FileHandle): FileSink {
  const gathered = Buffer.allocUnsafe(CHUNK_BYTES);
  let gatheredBytes = 0;
  let position = 0;

  async function write(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position);
      written += bytesWritten;
      position += bytesWritten;
    }
  }
  async function flush(): Promise<void> {
    await write(gathered.subarray(0, gatheredBytes));
    gatheredBytes = 0;
  }

  return {
    get sizeBytes() {
      return position + gatheredBytes;
    },
    async append(bytes) {
      if (gatheredBytes + bytes.length > CHUNK_BYTES) await flush();
      if (bytes.length >= CHUNK_BYTES) return write(bytes);
      gathered.set(bytes, gatheredBytes);
      gatheredBytes += bytes.length;
    },
    flush,
    async finish() {
      await flush();
      await file.sync();
    },
  };
}
