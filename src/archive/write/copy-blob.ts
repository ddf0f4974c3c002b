import { createHash } from 'node:crypto';
import { ForkwrightError } from '../../errors.ts';
import { digestParts, type Digest } from '../../oci/digest.ts';
import type { FileSink } from '../stream/file-sink.ts';

/** A blob that is to be written. */
export interface LayoutBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Gives the blob's bytes; chunks need to be valid until the next one is asked for only. */
  readonly bytes: () => AsyncIterable<Uint8Array>;
  /** Where the bytes come from, for errors: `a.tar: blobs/sha256/…`. */
  readonly origin?: string;
}

export interface CopyOptions {
  readonly signal: AbortSignal;
  /** Told of every piece that was copied. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Copies a blob, hashed and counted on the way; a chunk is hashed while it is written. Throws `blob.corrupt` where the
 * bytes are not the ones that the digest and the size say, the signal's reason, and what the two ends throw.
 */
export async function copyBlob(
  blob: LayoutBlob,
  sink: Pick<FileSink, 'append'>,
  { signal, onBytes }: CopyOptions,
): Promise<void> {
  const { algorithm, hex } = digestParts(blob.digest);
  const hash = createHash(algorithm);
  let copiedBytes = 0;
  for await (const chunk of blob.bytes()) {
    signal.throwIfAborted();
    copiedBytes += chunk.length;
    if (copiedBytes > blob.sizeBytes) break;
    const writing = sink.append(chunk);
    hash.update(chunk);
    await writing;
    onBytes(chunk.length);
  }
  if (copiedBytes !== blob.sizeBytes) {
    const found = copiedBytes > blob.sizeBytes ? 'more than' : `${copiedBytes} instead of`;
    throw corrupt(blob, `the blob has ${found} ${blob.sizeBytes} bytes`);
  }
  const actual = hash.digest('hex');
  if (actual !== hex) throw corrupt(blob, `its bytes have the digest ${algorithm}:${actual}`);
}

function corrupt({ digest, origin }: LayoutBlob, why: string): ForkwrightError {
  return new ForkwrightError('blob.corrupt', `the blob ${digest} is damaged: ${why}`, {
    ...(origin === undefined ? {} : { place: origin }),
    hint: '`forkwright verify` names everything that is wrong with an archive',
  });
}
