import { createHash } from 'node:crypto';
import type { ImageSource } from '../archive/image-source.ts';
import { ForkwrightError } from '../errors.ts';
import { digestParts } from '../oci/digest.ts';
import type { PushBlob } from './plan-push.ts';
import type { BlobContent } from './repository.ts';

/** A blob whose bytes are hashed while they are read, each once however often it is sent. */
export interface CheckedContent extends BlobContent {
  /** What was wrong with its bytes; null as long as they are right. Whoever sends may have wrapped the error. */
  readonly fault: () => ForkwrightError | null;
}

/**
 * Gives a blob of a source to send, from any byte on and as often as needed. Bytes are hashed as they come by in order for
 * the first time; the last ones are only handed on when the digest is right, so that no wrong blob is ever complete. The
 * bytes throw `blob.corrupt`, `push.absent`, the signal's reason, and what the source throws.
 */
export function checkedContent(source: ImageSource, blob: PushBlob, signal: AbortSignal): CheckedContent {
  const { digest, sizeBytes, title } = blob;
  const { algorithm, hex } = digestParts(digest);
  const hash = createHash(algorithm);
  const origin = `${source.name}: ${source.blob(digest)?.name ?? digest}`;
  let hashedBytes = 0;
  let fault: ForkwrightError | null = null;

  const refuse = (text: string): ForkwrightError => {
    fault = new ForkwrightError('blob.corrupt', `${title} is damaged: ${text}`, {
      place: origin,
      hint: '`forkwright verify` names everything that is wrong with an archive',
    });
    return fault;
  };
  function check(chunk: Uint8Array, position: number): void {
    const end = position + chunk.length;
    if (end > sizeBytes) throw refuse(`the blob has more than ${sizeBytes} bytes`);
    if (position > hashedBytes || end <= hashedBytes) return;
    hash.update(chunk.subarray(hashedBytes - position));
    hashedBytes = end;
    if (end < sizeBytes) return;
    const actual = hash.digest('hex');
    if (actual !== hex) throw refuse(`its bytes have the digest ${algorithm}:${actual}`);
  }

  async function* open(fromByte: number): AsyncGenerator<Uint8Array> {
    if (fault !== null) throw fault;
    let position = fromByte;
    for await (const chunk of bytesOf(source, blob, fromByte)) {
      signal.throwIfAborted();
      check(chunk, position);
      position += chunk.length;
      yield chunk;
    }
    if (position !== sizeBytes) throw refuse(`the blob has ${position} instead of ${sizeBytes} bytes`);
  }

  return { digest, sizeBytes, open, origin, fault: () => fault };
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
