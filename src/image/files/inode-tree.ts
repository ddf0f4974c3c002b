import { ForkwrightError } from '../../errors.ts';
import type { LayerItem } from './layer-item.ts';

/** Anything but a folder; hardlinks are several names of one. */
export interface Inode {
  readonly kind: 'inode';
  readonly item: LayerItem;
  /** Position of the layer that it comes from. */
  readonly layer: number;
  /** Whether it ever got a second name. */
  isLinked: boolean;
}

export interface Folder {
  readonly kind: 'folder';
  /** The entry that gave it its attributes last; null where only entries below it say that it is there. */
  item: LayerItem | null;
  /** The layer of `item`. */
  itemLayer: number;
  /** The layer that made it. */
  readonly born: number;
  readonly children: Map<string, Folder | Inode>;
  /** When its names were given that are hardlinks; null for none. */
  linked: Map<string, LinkMark> | null;
  /** What lower layers have and what went away since the baseline, by name. */
  lost: Map<string, Folder | Inode> | null;
  /** Whether an opaque marker has hidden all that lower layers have in it. */
  isOpaque: boolean;
}

export interface LinkMark {
  readonly layer: number;
  /** Counts up over the tree. */
  readonly order: number;
}

/** The files of an image, as far as layers were applied. */
export interface InodeTree {
  readonly root: Folder;
  /** Layers before this one count as lower: what of them goes away is kept in mind. */
  baseline: number;
  linkCount: number;
  /** Of all that was ever put into it. */
  nodeCount: number;
  readonly maxNodes: number;
}

/** Linux gives up after 40, too: path_resolution(7). */
const MOST_LINKS = 40;

/** Makes an empty tree that takes at most `maxNodes` files and folders. */
export function createTree(maxNodes: number): InodeTree {
  return { root: makeFolder(0), baseline: 0, linkCount: 0, nodeCount: 0, maxNodes };
}

function makeFolder(born: number): Folder {
  return {
    kind: 'folder',
    item: null,
    itemLayer: born,
    born,
    children: new Map(),
    linked: null,
    lost: null,
    isOpaque: false,
  };
}

/** Puts something new under a name; what stood there goes. Throws `layer.too-many` beyond the tree's limit. */
export function putNode(tree: InodeTree, folder: Folder, name: string, node: Folder | Inode): void {
  removeName(tree, folder, name);
  tree.nodeCount++;
  if (tree.nodeCount > tree.maxNodes) {
    throw new ForkwrightError('layer.too-many', `more than ${tree.maxNodes} files and folders are not taken`);
  }
  folder.children.set(name, node);
}

/** Makes a folder under a name; what stood there goes. */
export function putFolder(tree: InodeTree, parent: Folder, name: string, layer: number): Folder {
  const made = makeFolder(layer);
  putNode(tree, parent, name, made);
  return made;
}

/** Gives an inode another name. */
export function linkName(tree: InodeTree, folder: Folder, name: string, inode: Inode, layer: number): void {
  // A link to itself: the name would be gone before it is given again.
  if (folder.children.get(name) === inode) return;
  putNode(tree, folder, name, inode);
  inode.isLinked = true;
  tree.linkCount++;
  folder.linked ??= new Map();
  folder.linked.set(name, { layer, order: tree.linkCount });
}

/** Takes a name away, if it is there. */
export function removeName(tree: InodeTree, folder: Folder, name: string): void {
  const node = folder.children.get(name);
  if (node === undefined) return;
  if (folder.born < tree.baseline && layerOfName(folder, name, node) < tree.baseline) {
    folder.lost ??= new Map();
    folder.lost.set(name, node);
  }
  folder.children.delete(name);
  folder.linked?.delete(name);
}

/** Takes away all that is in a folder. */
export function clearFolder(tree: InodeTree, folder: Folder): void {
  for (const name of folder.children.keys()) removeName(tree, folder, name);
  if (folder.born < tree.baseline) folder.isOpaque = true;
}

/** Makes what the tree holds now the baseline, with `layer` as the next one. */
export function setBaseline(tree: InodeTree, layer: number): void {
  tree.baseline = layer;
  const ahead: Folder[] = [tree.root];
  for (let folder = ahead.pop(); folder !== undefined; folder = ahead.pop()) {
    folder.lost = null;
    folder.isOpaque = false;
    for (const node of folder.children.values()) if (node.kind === 'folder') ahead.push(node);
  }
}

/** The layer that gave a name to what lies under it. */
export function layerOfName(folder: Folder, name: string, node: Folder | Inode): number {
  if (node.kind === 'folder') return node.born;
  return folder.linked?.get(name)?.layer ?? node.layer;
}

/** Why a path leads to nothing. */
export type Astray = 'absent' | 'no folder' | 'cycle';

/**
 * Finds the folder that a path leads to, links followed inside the root as a process that lives there would: absolute
 * ones from the root, `..` never above it. `make` is asked for every folder that is not there; without it such a path
 * leads to nothing. Gives what stands in the way as a text.
 */
export function findFolder(
  tree: InodeTree,
  parts: readonly string[],
  make: ((parent: Folder, name: string) => Folder) | null,
): Folder | Astray {
  const found = findNode(tree, parts, make);
  return typeof found === 'string' || found.kind === 'folder' ? found : 'no folder';
}

/** Finds what a path leads to, links followed, one at its end too, as `findFolder` does. */
export function findNode(
  tree: InodeTree,
  parts: readonly string[],
  make: ((parent: Folder, name: string) => Folder) | null = null,
): Folder | Inode | Astray {
  const ahead = parts.toReversed();
  const trail: Folder[] = [];
  let folder = tree.root;
  let links = 0;
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      folder = trail.pop() ?? tree.root;
      continue;
    }
    const next = folder.children.get(part) ?? make?.(folder, part);
    if (next === undefined) return 'absent';
    if (next.kind === 'folder') {
      trail.push(folder);
      folder = next;
      continue;
    }
    if (next.item.type !== 'symlink') return ahead.length === 0 ? next : 'no folder';
    if (++links > MOST_LINKS) return 'cycle';
    if (next.item.linkName.startsWith('/')) {
      trail.length = 0;
      folder = tree.root;
    }
    ahead.push(...next.item.linkName.split('/').toReversed());
  }
  return folder;
}
