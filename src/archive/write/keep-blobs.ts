import type { FileHandle } from 'node:fs/promises';
import type { Digest } from '../../oci/digest.ts';
import type { ImageSource } from '../read/image-source.ts';
import { streamRange } from '../stream/stream-range.ts';
import { fillFile, openTemporaryFile } from '../stream/temporary-file.ts';

interface KeptBlob {
  readonly file: FileHandle;
  readonly sizeBytes: number;
}

/**
 * Gives a source that reads every blob once and has it in a file without a name from then on: for what goes through layers
 * several times, of a source that is far away. Closing it closes the files and the source. Its streams also throw
 * `archive.no-room`.
 */
export function keepBlobs(
  source: ImageSource,
  { env, signal }: { readonly env: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal },
): ImageSource {
  const kept = new Map<Digest, Promise<KeptBlob>>();
  const fetchBlob = async (digest: Digest): Promise<KeptBlob> => {
    const file = await openTemporaryFile(env, source.name);
    try {
      const limitBytes = source.blob(digest)?.sizeBytes ?? source.limits.unpackedBytes;
      return { file, sizeBytes: await fillFile(file, source.stream(digest), limitBytes, source.name, signal) };
    } catch (error) {
      await file.close();
      kept.delete(digest);
      throw error;
    }
  };
  return {
    ...source,
    async *stream(digest, fromByte = 0) {
      const known = kept.get(digest) ?? fetchBlob(digest);
      kept.set(digest, known);
      const { file, sizeBytes } = await known;
      yield* streamRange(file, fromByte, Math.max(0, sizeBytes - fromByte), source.name);
    },
    async close() {
      const files = await Promise.allSettled(kept.values());
      for (const each of files) if (each.status === 'fulfilled') await each.value.file.close();
      await source.close();
    },
  };
}
