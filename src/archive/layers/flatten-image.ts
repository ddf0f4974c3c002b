import pMap from 'p-map';
import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { applyLayer } from '../../image/files/apply-layer.ts';
import type { LoadedImage } from '../../image/image-set.ts';
import { createTree, setBaseline, type InodeTree } from '../../image/files/inode-tree.ts';
import type { LayerItem } from '../../image/files/layer-item.ts';
import { listChanges, type Changes } from '../../image/files/list-changes.ts';
import type { ImageSource } from '../read/image-source.ts';
import { sizeOfTar, writeTar } from './flatten-tar.ts';
import type { LayerStore } from './layer-store.ts';
import { openLayer, placeOfLayer, readLayerItems, type OpenLayer } from './read-layer.ts';

export interface FlattenOptions {
  readonly signal: AbortSignal;
  /** Where layers stay unpacked between the reading of their headers and that of their data; without it, nowhere. */
  readonly store?: LayerStore;
}

/** A tar that is made of an image's layers while it is read. */
export interface FlatTar {
  readonly sizeBytes: number;
  /** What is odd about the layers it was made from. */
  readonly findings: readonly Finding[];
  /**
   * Gives the bytes, the same ones each time; a chunk is valid until the next one is asked for. The layers are unpacked
   * anew, and held to their digests. Throws `blob.corrupt`, `layer.*`, and the signal's reason.
   */
  bytes(): AsyncIterable<Uint8Array>;
}

/** zlib unpacks beside the event loop; each layer that is unpacked at the same time holds its chunks in memory. */
const CONCURRENCY = 2;

/** What is known of an image's layers after their headers were read. */
interface LayerHeaders {
  readonly items: readonly (readonly LayerItem[])[];
  readonly findings: readonly Finding[];
}

/**
 * Makes one layer of all the layers of an image, as `docker export` does: see `applyLayer` for the rules. The layers are
 * unpacked here for their headers, and without a store once more by `bytes`. No file of the image is ever made on the disk,
 * and memory grows with the number of files only. Throws `layer.windows`, `layer.*`, `tar.*`, `blob.absent`, `blob.corrupt`, and the signal's reason.
 */
export async function flattenImage(source: ImageSource, image: LoadedImage, options: FlattenOptions): Promise<FlatTar> {
  const { tree, findings } = await readTree(source, image, options);
  return makeTar(source, image, listChanges(tree), findings, options);
}

/**
 * Reads the files of an image, without their data, as a tree; with `layer`, a position, up to that layer, and with those
 * below it as the baseline. Throws what `flattenImage` throws.
 */
export async function readTree(
  source: ImageSource,
  image: LoadedImage,
  options: FlattenOptions,
  layer: number | null = null,
): Promise<{ readonly tree: InodeTree; readonly findings: readonly Finding[] }> {
  const count = layer === null ? image.manifest.layers.length : layer + 1;
  const { items, findings } = await readHeaders(source, image, count, options, () => true);
  const tree = createTree(source.limits.entries);
  for (const position of items.keys()) {
    if (position === layer) setBaseline(tree, layer);
    applyAt(tree, source, image, items, position);
  }
  return { tree, findings };
}

/**
 * Makes one layer of each group of adjacent layers, given by their positions. The layer of a group does to the layers
 * below the same as the group did: whiteouts stay where lower layers have something to hide, and every name is spelled
 * without the links that it went through. Groups are in ascending order; a group of one is that layer, rewritten. Throws
 * what `flattenImage` throws, and RangeError for groups that are not of adjacent layers.
 */
export async function mergeLayers(
  source: ImageSource,
  image: LoadedImage,
  groups: readonly (readonly number[])[],
  options: FlattenOptions,
): Promise<readonly FlatTar[]> {
  const end = Math.max(0, ...groups.flat().map((position) => position + 1));
  requireAdjacent(groups, image.manifest.layers.length);
  const inGroups = new Set(groups.flat());
  const { items, findings } = await readHeaders(source, image, end, options, (layer) => inGroups.has(layer));
  const tree = createTree(source.limits.entries);
  const tars: FlatTar[] = [];
  let applied = 0;
  const applyUpTo = (position: number) => {
    for (; applied < position; applied++) applyAt(tree, source, image, items, applied);
  };
  for (const group of groups) {
    const start = group[0] ?? 0;
    applyUpTo(start);
    setBaseline(tree, start);
    applyUpTo(start + group.length);
    tars.push(makeTar(source, image, listChanges(tree), tars.length === 0 ? findings : [], options));
  }
  return tars;
}

function requireAdjacent(groups: readonly (readonly number[])[], layerCount: number): void {
  let next = 0;
  for (const group of groups) {
    const start = group[0] ?? -1;
    const isSound = start >= next && group.every((position, index) => position === start + index);
    next = start + group.length;
    if (!isSound || next > layerCount) throw new RangeError('the groups are not of adjacent layers in ascending order');
  }
}

/** Reads the headers of the first `count` layers; of those whose data is wanted, it goes to the store, if there is one. */
async function readHeaders(
  source: ImageSource,
  image: LoadedImage,
  count: number,
  options: FlattenOptions,
  isWanted: (layer: number) => boolean,
): Promise<LayerHeaders> {
  if (image.platform?.os === 'windows') {
    throw new ForkwrightError('layer.windows', 'the layers of a Windows image cannot be flattened', {
      place: source.name,
      hint: 'keep its layers as they are',
    });
  }
  const found = await pMap(
    image.manifest.layers.slice(0, count),
    async (layer, position) => {
      const findings: Finding[] = [];
      const keep = isWanted(position) ? (options.store?.add(position) ?? null) : null;
      return { items: await readLayerItems(source, layer, { signal: options.signal, findings }, keep), findings };
    },
    { concurrency: CONCURRENCY },
  );
  return { items: found.map(({ items }) => items), findings: found.flatMap(({ findings }) => findings) };
}

function applyAt(
  tree: InodeTree,
  source: ImageSource,
  image: LoadedImage,
  items: LayerHeaders['items'],
  position: number,
): void {
  const layer = image.manifest.layers[position];
  if (layer !== undefined) applyLayer(tree, items[position] ?? [], position, placeOfLayer(source, layer));
}

/** Makes a tar of changes whose files are in the layers of an image. */
export function makeTar(
  source: ImageSource,
  image: LoadedImage,
  changes: Changes,
  findings: readonly Finding[],
  options: FlattenOptions,
): FlatTar {
  const open = async (position: number) => {
    const layer = image.manifest.layers[position];
    if (layer === undefined) throw new RangeError(`there is no layer ${position}`);
    const chunks = options.store?.chunks(position);
    return chunks === undefined ? openLayer(source, layer, { signal: options.signal }) : openKept(chunks);
  };
  return { sizeBytes: sizeOfTar(changes), findings, bytes: () => writeTar(changes, open) };
}

/** A layer that was held to its digest when it was put into the store. */
function openKept(chunks: AsyncIterable<Uint8Array>): OpenLayer {
  const iterator = chunks[Symbol.asyncIterator]();
  return {
    isCompressed: false,
    chunks: { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) },
    check: () => Promise.resolve(),
    async close() {
      await iterator.return?.();
    },
  };
}
