import type { LoadedImage } from '../../image/image-set.ts';
import type { Inode } from '../../image/files/inode-tree.ts';
import type { FlattenOptions } from '../layers/flatten-image.ts';
import type { ImageSource } from '../read/image-source.ts';
import { openLayer } from '../layers/read-layer.ts';

/** A part of a file of an image, in bytes from the file's start. */
export interface Slice {
  readonly inode: Inode;
  readonly start: number;
  readonly end: number;
}

/** Some bytes of a slice, valid until the next piece is asked for. */
export interface Piece {
  readonly slice: Slice;
  /** Of the first byte in the file. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** All of a file. */
export function wholeFile(inode: Inode): Slice {
  return { inode, start: 0, end: inode.item.sizeBytes };
}

/**
 * Reads parts of files of an image. Every layer that has some is unpacked once, up to the last of them, and held to its
 * digest before the next one; only then its bytes are known to be those of the image. The pieces of a slice come in
 * order, those of slices of one layer may come in turn. Throws what `openLayer` throws, and `blob.corrupt`.
 */
export async function* readPieces(
  source: ImageSource,
  image: LoadedImage,
  slices: readonly Slice[],
  options: FlattenOptions,
): AsyncGenerator<Piece> {
  const inUse = slices.filter(({ start, end }) => start < end);
  const layers = new Set(inUse.map(({ inode }) => inode.layer));
  for (const position of [...layers].toSorted((a, b) => a - b)) {
    const wanted = inUse.filter(({ inode }) => inode.layer === position);
    const descriptor = image.manifest.layers[position];
    if (descriptor === undefined) throw new RangeError(`there is no layer ${position}`);
    const layer = await openLayer(source, descriptor, options);
    try {
      yield* cutPieces(layer.chunks, wanted);
      await layer.check();
    } finally {
      await layer.close();
    }
  }
}

async function* cutPieces(chunks: AsyncIterable<Uint8Array>, slices: readonly Slice[]): AsyncGenerator<Piece> {
  const ahead = slices
    .map((slice) => ({ slice, from: slice.inode.item.dataOffset + slice.start, to: endOf(slice) }))
    .toSorted((a, b) => a.from - b.from);
  let chunkStart = 0;
  for await (const chunk of chunks) {
    const chunkEnd = chunkStart + chunk.length;
    for (const { slice, from, to } of ahead) {
      if (from >= chunkEnd) break;
      const [start, end] = [Math.max(from, chunkStart), Math.min(to, chunkEnd)];
      if (start >= end) continue;
      const bytes = chunk.subarray(start - chunkStart, end - chunkStart);
      yield { slice, offset: start - slice.inode.item.dataOffset, bytes };
    }
    while (ahead[0] !== undefined && ahead[0].to <= chunkEnd) ahead.shift();
    if (ahead.length === 0) return;
    chunkStart = chunkEnd;
  }
}

function endOf({ inode, end }: Slice): number {
  return inode.item.dataOffset + Math.min(end, inode.item.sizeBytes);
}
