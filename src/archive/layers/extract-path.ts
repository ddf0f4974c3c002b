import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import type { LoadedImage } from '../../image/image-set.ts';
import { findFolder, findNode, type Folder, type Inode, type InodeTree } from '../../image/files/inode-tree.ts';
import { splitPath } from '../../image/files/layer-item.ts';
import { listChanges } from '../../image/files/list-changes.ts';
import { compareText } from '../../platform/order.ts';
import { hintOf } from '../../recipe/nearest.ts';
import type { ImageSource } from '../read/image-source.ts';
import { readPieces, wholeFile } from '../stream/read-pieces.ts';
import { makeTar, readTree, type FlattenOptions } from './flatten-image.ts';

/** A file of an image, or a folder as a tar. */
export interface Extracted {
  readonly kind: 'file' | 'folder';
  readonly sizeBytes: number;
  /** What is odd about the layers. */
  readonly findings: readonly Finding[];
  /** A chunk is valid until the next one is asked for. Throws `blob.corrupt` and what unpacking throws. */
  bytes(): AsyncIterable<Uint8Array>;
}

/**
 * Finds a file or folder of an image as a container of it would see it, links followed inside the root: the bytes of a
 * file, a folder as a tar whose names count from it. Hardlinks to files outside of the folder become files. Throws
 * `extract.not-found` with the nearest name, `extract.no-file` for devices and pipes, and what `flattenImage` throws.
 */
export async function extractPath(
  source: ImageSource,
  image: LoadedImage,
  path: string,
  options: FlattenOptions,
): Promise<Extracted> {
  const { tree, findings } = await readTree(source, image, options);
  const node = find(tree, path, source.name);
  if (node.kind === 'folder') {
    const below = { ...tree, root: node };
    return { kind: 'folder', ...makeTar(source, image, listChanges(below), findings, options) };
  }
  if (node.item.type !== 'file') {
    const place = `${source.name}: ${path}`;
    throw new ForkwrightError('extract.no-file', `it is a ${node.item.type}, which has no content`, { place });
  }
  return {
    kind: 'file',
    sizeBytes: node.item.sizeBytes,
    findings,
    bytes: () => readFile(source, image, node, options),
  };
}

function find(tree: InodeTree, path: string, source: string): Folder | Inode {
  const parts = splitPath(path);
  const found = typeof parts === 'string' ? 'absent' : findNode(tree, parts);
  if (typeof found !== 'string') return found;
  const place = `${source}: ${path}`;
  if (found === 'cycle') {
    throw new ForkwrightError('extract.not-found', 'a link on the way leads to itself', { place });
  }
  const hint = typeof parts === 'string' ? parts : describeNear(tree, parts);
  throw new ForkwrightError('extract.not-found', `the image has no file or folder ${JSON.stringify(path)}`, {
    place,
    hint,
  });
}

/** Names in the deepest folder of the path that is there. */
function describeNear(tree: InodeTree, parts: readonly string[]): string {
  for (let depth = parts.length - 1; depth >= 0; depth--) {
    const folder = findFolder(tree, parts.slice(0, depth), null);
    if (typeof folder === 'string') continue;
    const known = [...folder.children.keys()].toSorted(compareText);
    const shown = known.length > 10 ? [...known.slice(0, 10), '…'] : known;
    const near = hintOf(parts[depth] ?? '', known);
    const hint = near.startsWith('did you mean') ? near : `there are: ${shown.join(', ')}`;
    return `in /${parts.slice(0, depth).join('/')}: ${known.length === 0 ? 'nothing' : hint}`;
  }
  return 'the image has no files';
}

async function* readFile(
  source: ImageSource,
  image: LoadedImage,
  inode: Inode,
  options: FlattenOptions,
): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of readPieces(source, image, [wholeFile(inode)], options)) yield bytes;
}
