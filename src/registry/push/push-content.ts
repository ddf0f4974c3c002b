import { createHash } from 'node:crypto';
import type { ImageSource } from '../../archive/read/image-source.ts';
import { ForkwrightError } from '../../errors.ts';
import { digestParts } from '../../oci/digest.ts';
import type { BlobContent } from '../repository/repository.ts';
import type { PushBlob } from './plan-push.ts';

/** A blob of a source, which knows what was wrong with it. */
export interface SourceContent extends BlobContent {
  /** What was wrong with its bytes; null as long as they are right. Whoever sends may have wrapped the error. */
  readonly fault: () => ForkwrightError | null;
}

/**
 * Gives a blob of a source to send, from any byte on and as often as needed. What is read is not hashed, since the registry
 * hashes it; `verify` does. The bytes and `verify` throw `blob.corrupt`, `push.absent`, the signal's reason, and what the
 * source throws.
 */
export function contentOfSource(source: ImageSource, blob: PushBlob, signal: AbortSignal): SourceContent {
  const { digest, sizeBytes, title } = blob;
  const origin = `${source.name}: ${source.blob(digest)?.name ?? digest}`;
  let fault: ForkwrightError | null = null;
  let verifying: Promise<void> | null = null;

  const refuse = (text: string): ForkwrightError => {
    fault = new ForkwrightError('blob.corrupt', `${title} is damaged: ${text}`, {
      place: origin,
      hint: '`forkwright verify` names everything that is wrong with an archive',
    });
    return fault;
  };
  async function* open(fromByte: number): AsyncGenerator<Uint8Array> {
    if (fault !== null) throw fault;
    let position = fromByte;
    for await (const chunk of bytesOf(source, blob, fromByte)) {
      signal.throwIfAborted();
      position += chunk.length;
      if (position > sizeBytes) throw refuse(`the blob has more than ${sizeBytes} bytes`);
      yield chunk;
    }
    if (position !== sizeBytes) throw refuse(`the blob has ${position} instead of ${sizeBytes} bytes`);
  }
  const verify = async () => {
    const { algorithm } = digestParts(digest);
    const hash = createHash(algorithm);
    for await (const chunk of open(0)) hash.update(chunk);
    const actual = `${algorithm}:${hash.digest('hex')}`;
    if (actual !== digest) throw refuse(`its bytes have the digest ${actual}`);
  };

  return { digest, sizeBytes, open, origin, verify: () => (verifying ??= verify()), fault: () => fault };
}

async function* bytesOf(source: ImageSource, blob: PushBlob, fromByte: number): AsyncGenerator<Uint8Array> {
  const { digest, bytes, isHeld, title } = blob;
  if (bytes !== null) yield bytes.subarray(fromByte);
  else if (isHeld) yield* source.stream(digest, fromByte);
  else {
    // The registry has it, and would not mount it.
    throw new ForkwrightError('push.absent', `the archive does not hold ${title} (${digest})`, {
      place: source.name,
      hint: 'save it again with everything in it',
    });
  }
}
