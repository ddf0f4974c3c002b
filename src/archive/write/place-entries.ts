import type { ArchiveEntry } from '../../image/convert/archive-entry.ts';
import type { Digest } from '../../oci/digest.ts';
import { END_OF_ARCHIVE, padding } from '../../tar/write-header.ts';
import { encodeEntryHeader } from './write-entries.ts';

/** Where in a tar the bytes of a blob belong that are not at hand. */
export interface PlacedBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly offset: number;
}

/** A tar whose bytes are known but for those of its blobs. */
export interface PlacedArchive {
  readonly sizeBytes: number;
  /** Everything but the blobs: headers, files that are at hand, what fills blocks. */
  readonly pieces: readonly { readonly offset: number; readonly bytes: Buffer }[];
  readonly blobs: readonly PlacedBlob[];
}

/** Decides where everything stands in the tar that `writeTar` makes of entries, so that it can be written in any order. */
export function placeEntries(entries: readonly ArchiveEntry[]): PlacedArchive {
  const pieces: { readonly offset: number; readonly bytes: Buffer }[] = [];
  const blobs: PlacedBlob[] = [];
  let offset = 0;
  const put = (bytes: Buffer) => {
    pieces.push({ offset, bytes });
    offset += bytes.length;
  };
  for (const entry of entries) {
    put(encodeEntryHeader(entry));
    const start = offset;
    if (entry.kind === 'blob' && entry.bytes === null) {
      blobs.push({ digest: entry.digest, sizeBytes: entry.sizeBytes, offset });
      offset += entry.sizeBytes;
    } else if ('bytes' in entry && entry.bytes !== null) put(entry.bytes);
    put(padding(offset - start));
  }
  put(END_OF_ARCHIVE);
  return { sizeBytes: offset, pieces, blobs };
}
