import { createHash, type Hash } from 'node:crypto';
import { findPackages, ownersOfFiles, DATABASE_PATHS } from '../adopt/find-packages.ts';
import { readTree } from '../archive/layers/flatten-image.ts';
import type { ImageSource } from '../archive/read/image-source.ts';
import { readPieces, wholeFile } from '../archive/stream/read-pieces.ts';
import type { ComparedFiles, ComparedImage } from '../image/compare/compare-type.ts';
import type { LoadedImage } from '../image/image-set.ts';
import { findNode, type Inode, type InodeTree } from '../image/files/inode-tree.ts';
import { splitPath } from '../image/files/layer-item.ts';
import { listFiles } from '../image/files/list-files.ts';
import { totalBytes } from '../image/total-bytes.ts';
import type { ConfigDocument } from '../oci/config.ts';
import { formatPlatform, type Platform } from '../platform/platform.ts';

/** An image of one of the two sides that are compared. */
export interface SideImage {
  readonly source: ImageSource;
  readonly image: LoadedImage;
  readonly platform: Platform;
  readonly config: ConfigDocument;
}

/** The files of an image with the tree that they come from. */
interface SideFiles {
  readonly tree: InodeTree;
  readonly files: ComparedFiles;
}

/** Gives an image without its files, as it is compared. */
export function describeSide({ image, platform, config }: SideImage): Omit<ComparedImage, 'files'> {
  return {
    digest: image.descriptor.digest,
    platform: formatPlatform(platform),
    config,
    layers: image.manifest.layers.map(({ digest, sizeBytes }) => ({ digest, sizeBytes })),
    totalBytes: totalBytes(image),
  };
}

/**
 * Reads the files of two images of one platform; with `hasContents` also what those have in them that could be the same.
 * Null for both where the layers are those of Windows. Throws what reading the layers throws.
 */
export async function readSides(
  ours: SideImage,
  theirs: SideImage,
  hasContents: boolean,
  signal: AbortSignal,
): Promise<readonly [ComparedFiles | null, ComparedFiles | null]> {
  if (ours.platform.os === 'windows') return [null, null];
  const [our, their] = [await readSide(ours, signal), await readSide(theirs, signal)];
  if (!hasContents) return [our.files, their.files];
  const pairs = pairFiles(ours, our, theirs, their);
  const read = async (side: SideImage, { files }: SideFiles, inodes: ReadonlyMap<string, Inode>) => {
    return { ...files, contents: await hashFiles(side, inodes, signal) };
  };
  return [
    await read(ours, our, new Map([...pairs].map(([path, { our: inode }]) => [path, inode]))),
    await read(theirs, their, new Map([...pairs].map(([path, { their: inode }]) => [path, inode]))),
  ];
}

async function readSide({ source, image }: SideImage, signal: AbortSignal): Promise<SideFiles> {
  const { tree } = await readTree(source, image, { signal });
  const database = await findPackages(source, image, tree, { signal });
  // The databases say again, and less clearly, what the packages say.
  const isCompared = (path: string) =>
    database === null || !DATABASE_PATHS.some((each) => path === each || path.startsWith(`${each}/`));
  const files: ComparedFiles = {
    list: listFiles(tree).filter(({ path }) => isCompared(path)),
    packages: new Map(database?.packages.map(({ name, version }) => [name, version]) ?? []),
    owners: database === null ? new Map() : ownersOfFiles(database, tree),
    contents: new Map(),
  };
  return { tree, files };
}

/** Files of both sides that have one size, and do not lie in a layer that both have. */
function pairFiles(ours: SideImage, our: SideFiles, theirs: SideImage, their: SideFiles) {
  const pairs = new Map<string, { readonly our: Inode; readonly their: Inode }>();
  for (const { path, type } of our.files.list) {
    const [one, other] = type === 'file' ? [fileAt(our.tree, path), fileAt(their.tree, path)] : [null, null];
    if (one === null || other === null || one.item.sizeBytes !== other.item.sizeBytes) continue;
    const [layer, otherLayer] = [ours.image.manifest.layers[one.layer], theirs.image.manifest.layers[other.layer]];
    const isShared = layer?.digest === otherLayer?.digest && one.item.dataOffset === other.item.dataOffset;
    if (!isShared && one.item.sizeBytes > 0) pairs.set(path, { our: one, their: other });
  }
  return pairs;
}

function fileAt(tree: InodeTree, path: string): Inode | null {
  const parts = splitPath(path);
  const node = typeof parts === 'string' ? 'absent' : findNode(tree, parts);
  return typeof node === 'string' || node.kind === 'folder' || node.item.type !== 'file' ? null : node;
}

async function hashFiles(
  { source, image }: SideImage,
  inodes: ReadonlyMap<string, Inode>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<Inode, Hash>([...inodes.values()].map((inode) => [inode, createHash('sha256')]));
  const slices = [...hashes.keys()].map(wholeFile);
  for await (const { slice, bytes } of readPieces(source, image, slices, { signal })) {
    hashes.get(slice.inode)?.update(bytes);
  }
  const digests = new Map([...hashes].map(([inode, hash]) => [inode, hash.digest('hex')]));
  return new Map([...inodes].map(([path, inode]) => [path, digests.get(inode) ?? '']));
}
