import type { BlobContent } from '../repository/repository.ts';
import type { RequestBody } from '../connection/request-body.ts';

/** How far the sending of one blob has come. */
export interface Upload {
  readonly content: BlobContent;
  /** Where the next request goes; null where none has been begun, or it is lost. */
  location: URL | null;
  /** So many bytes the registry has. */
  offset: number;
  /** The most that goes into one request; Infinity for all that is left. */
  pieceBytes: number;
  /** The least that the registry takes in one piece that is not the last. */
  smallestBytes: number;
  /** A request was cut, so that nobody knows how many bytes the registry has. */
  isUnsure: boolean;
  /** The last try ended with its connection, not with an answer. */
  wasCut: boolean;
  /** The last request went out whole, and its answer was lost. */
  mayBeDone: boolean;
  /** The blob is put together from several requests, by which a registry may get it wrong. */
  isPieced: boolean;
  /** Bytes that `onBytes` was told of. */
  reported: number;
  readonly onBytes: (bytes: number) => void;
}

/** Tells whoever counts that so many bytes are out, more or less than it was told before. */
export function reportAt(upload: Upload, bytes: number): void {
  if (bytes !== upload.reported) upload.onBytes(bytes - upload.reported);
  upload.reported = bytes;
}

/** The next bytes of a blob as a body, and how many of them the socket took when it was last sent. */
export function makeBody(upload: Upload, lengthBytes: number): RequestBody & { readonly sentBytes: () => number } {
  const { content, offset } = upload;
  let sentBytes = 0;
  return {
    sizeBytes: lengthBytes,
    open: () => {
      sentBytes = 0;
      reportAt(upload, offset);
      return takeBytes(content.open(offset), lengthBytes);
    },
    onSent: (bytes) => {
      sentBytes += bytes;
      reportAt(upload, offset + sentBytes);
    },
    sentBytes: () => sentBytes,
  };
}

async function* takeBytes(chunks: AsyncIterable<Uint8Array>, lengthBytes: number): AsyncGenerator<Uint8Array> {
  let left = lengthBytes;
  for await (const chunk of chunks) {
    const taken = chunk.length > left ? chunk.subarray(0, left) : chunk;
    left -= taken.length;
    yield taken;
    if (left === 0) return;
  }
}
