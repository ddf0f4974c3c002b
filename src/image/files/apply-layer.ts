import { ForkwrightError } from '../../errors.ts';
import {
  clearFolder,
  findFolder,
  linkName,
  putFolder,
  putNode,
  removeName,
  type Folder,
  type Inode,
  type InodeTree,
} from './inode-tree.ts';
import { readItemName, splitPath, type ItemName, type LayerItem } from './layer-item.ts';

interface Layer {
  readonly tree: InodeTree;
  readonly number: number;
  /** Where the layer lies, for errors: `x.tar: blobs/sha256/…`. */
  readonly place: string;
  /** What AUFS put aside for hardlinks, by path. */
  readonly meta: Map<string, Inode>;
}

const MAX_LINK_LENGTH = 4096;

/**
 * Applies a layer to the tree of the layers below it: first every whiteout, wherever it stands, against what is there,
 * then the entries in their order. Parents that are symlinks are followed inside the root. Throws `layer.bad-name`,
 * `layer.bad-whiteout`, `layer.bad-parent`, `layer.bad-hardlink`, `layer.windows`, `layer.too-many`, with `place`.
 * Specification: OCI image-spec, layer.md, "Applying Changesets".
 */
export function applyLayer(tree: InodeTree, items: readonly LayerItem[], layerNumber: number, place: string): void {
  refuseWindows(items, place);
  const layer: Layer = { tree, number: layerNumber, place, meta: new Map() };
  const whiteouts = items.filter(({ name }) => name.includes('.wh.'));
  if (whiteouts.length > 0) applyWhiteouts(layer, whiteouts, items);
  try {
    for (const item of items) applyItem(layer, item);
  } catch (error) {
    // The tree does not know in which layer it is full.
    if (!(error instanceof ForkwrightError) || error.place !== undefined) throw error;
    throw new ForkwrightError(error.code, error.message, { place, cause: error });
  }
}

/**
 * A layer for Windows has the files below `Files`, the registry below `Hives`, and descriptors of its own for who may do
 * what: none of it means anything in a root filesystem.
 */
function refuseWindows(items: readonly LayerItem[], place: string): void {
  const hasRecord = items.some(
    ({ pax }) => pax.size > 0 && [...pax.keys()].some((key) => key.startsWith('MSWINDOWS.')),
  );
  const tops = new Set(items.map(({ name }) => /^[./]*([^/]*)/.exec(name)?.[1] ?? ''));
  tops.delete('');
  const isLaidOut = tops.has('Files') && tops.has('Hives') && [...tops].every((top) => WINDOWS_TOPS.has(top));
  if (!hasRecord && !isLaidOut) return;
  throw new ForkwrightError('layer.windows', 'a layer of a Windows image cannot be flattened', {
    place,
    hint: 'keep its layers as they are',
  });
}

const WINDOWS_TOPS: ReadonlySet<string> = new Set(['Files', 'Hives', 'UtilityVM', 'bcd.bak', 'bcd.log.bak']);

function applyWhiteouts({ tree, place }: Layer, whiteouts: readonly LayerItem[], items: readonly LayerItem[]): void {
  let folders: ReadonlySet<string> | null = null;
  for (const { name } of whiteouts) {
    const wanted = readItemName(name);
    if (wanted.kind === 'faulty') throw new ForkwrightError('layer.bad-whiteout', badName(name, wanted.why), { place });
    if (wanted.kind !== 'whiteout' && wanted.kind !== 'opaque') continue;
    folders ??= listFolders(items);
    // A folder that the layer puts where a link was is new: what the link led to is not meant.
    if (isReplacedLink(tree, wanted.parts, folders)) continue;
    const folder = findFolder(tree, wanted.parts, null);
    if (typeof folder === 'string') continue;
    if (wanted.kind === 'opaque') clearFolder(tree, folder);
    else removeName(tree, folder, wanted.name);
  }
}

function listFolders(items: readonly LayerItem[]): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const { type, name } of items) {
    const parts = type === 'directory' ? splitPath(name) : '';
    if (typeof parts !== 'string') folders.add(parts.join('/'));
  }
  return folders;
}

function isReplacedLink(tree: InodeTree, parts: readonly string[], folders: ReadonlySet<string>): boolean {
  let folder = tree.root;
  for (const [index, part] of parts.entries()) {
    const next = folder.children.get(part);
    if (next === undefined) return false;
    if (next.kind === 'inode') return folders.has(parts.slice(0, index + 1).join('/'));
    folder = next;
  }
  return false;
}

function applyItem(layer: Layer, item: LayerItem): void {
  const wanted = readItemName(item.name);
  if (wanted.kind === 'entry') applyEntry(layer, item, wanted.parts);
  else if (wanted.kind === 'meta') keepMeta(layer, item, wanted);
  else if (wanted.kind === 'faulty') {
    throw new ForkwrightError('layer.bad-name', badName(item.name, wanted.why), { place: layer.place });
  }
}

function applyEntry(layer: Layer, item: LayerItem, parts: readonly string[]): void {
  const name = parts.at(-1);
  if (name === undefined) {
    if (item.type !== 'directory') throw fault(layer, 'layer.bad-name', item, 'the root can be nothing but a folder');
    setAttributes(layer.tree.root, item, layer.number);
    return;
  }
  const parent = makeParent(layer, item, parts.slice(0, -1));
  const { tree, number } = layer;
  if (item.type === 'directory') {
    const existing = parent.children.get(name);
    const folder = existing?.kind === 'folder' ? existing : putFolder(tree, parent, name, number);
    setAttributes(folder, item, number);
  } else if (item.type === 'hardlink') linkName(tree, parent, name, findTarget(layer, item), number);
  else putNode(tree, parent, name, makeInode(layer, item));
}

function makeInode(layer: Layer, item: LayerItem): Inode {
  if (item.type === 'symlink' && item.linkName.length > MAX_LINK_LENGTH) {
    throw fault(layer, 'layer.bad-name', item, `a link to a path of ${item.linkName.length} characters`);
  }
  return { kind: 'inode', item, layer: layer.number, isLinked: false };
}

function setAttributes(folder: Folder, item: LayerItem, layer: number): void {
  folder.item = item;
  folder.itemLayer = layer;
}

function makeParent(layer: Layer, item: LayerItem, parts: readonly string[]): Folder {
  const { tree, number } = layer;
  const found = findFolder(tree, parts, (parent, name) => putFolder(tree, parent, name, number));
  if (typeof found !== 'string') return found;
  const why = found === 'cycle' ? 'its folder is a link that leads to itself' : 'what it lies in is no folder';
  throw fault(layer, 'layer.bad-parent', item, why);
}

/** A hardlink names an inode, so a symlink under that name is itself what is linked to. */
function findTarget(layer: Layer, item: LayerItem): Inode {
  const parts = splitPath(item.linkName);
  if (typeof parts === 'string') throw fault(layer, 'layer.bad-hardlink', item, `of its target: ${parts}`);
  const aside = layer.meta.get(parts.join('/'));
  if (aside !== undefined) return aside;
  const folder = findFolder(layer.tree, parts.slice(0, -1), null);
  const target = typeof folder === 'string' ? undefined : folder.children.get(parts.at(-1) ?? '');
  if (target?.kind === 'inode') return target;
  const what = target === undefined ? 'which is not there' : 'which is a folder';
  throw fault(layer, 'layer.bad-hardlink', item, `a hardlink to ${JSON.stringify(item.linkName)}, ${what}`);
}

function keepMeta(layer: Layer, item: LayerItem, { parts }: Extract<ItemName, { kind: 'meta' }>): void {
  if (item.type !== 'directory' && item.type !== 'hardlink') layer.meta.set(parts.join('/'), makeInode(layer, item));
}

function fault({ place }: Layer, code: string, item: LayerItem, why: string): ForkwrightError {
  return new ForkwrightError(code, badName(item.name, why), { place });
}

function badName(name: string, why: string): string {
  return `the entry ${JSON.stringify(name)}: ${why}`;
}
