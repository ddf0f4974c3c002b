import type { FlattenOptions } from '../archive/layers/flatten-image.ts';
import type { ImageSource } from '../archive/read/image-source.ts';
import { readPieces, wholeFile } from '../archive/stream/read-pieces.ts';
import { ForkwrightError } from '../errors.ts';
import type { LoadedImage } from '../image/image-set.ts';
import type { Inode } from '../image/files/inode-tree.ts';

/** Of all files together; the databases of the largest distributions have some ten mebibytes. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads files of an image as UTF-8, each layer once. Throws `adopt.too-large` where they are larger than any database of
 * packages is, and what `readPieces` throws.
 */
export async function readTexts(
  source: ImageSource,
  image: LoadedImage,
  inodes: readonly Inode[],
  options: FlattenOptions,
): Promise<ReadonlyMap<Inode, string>> {
  const wanted = [...new Set(inodes)];
  const sizeBytes = wanted.reduce((sum, { item }) => sum + item.sizeBytes, 0);
  if (sizeBytes > MAX_BYTES) {
    const text = `the files of its package manager have ${sizeBytes} bytes; ${MAX_BYTES} is the limit`;
    throw new ForkwrightError('adopt.too-large', text, { place: source.name });
  }
  const pieces = new Map<Inode, Buffer[]>(wanted.map((inode) => [inode, []]));
  for await (const { slice, bytes } of readPieces(source, image, wanted.map(wholeFile), options)) {
    pieces.get(slice.inode)?.push(Buffer.from(bytes));
  }
  return new Map([...pieces].map(([inode, parts]) => [inode, Buffer.concat(parts).toString('utf8')]));
}
