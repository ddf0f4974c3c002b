import { compareText } from '../../platform/order.ts';
import { layerOfName, type Folder, type Inode, type InodeTree } from './inode-tree.ts';
import type { LayerItem } from './layer-item.ts';

/** One entry of a layer that is to be written; paths are without slashes at the ends, '' is the root. */
export type Change =
  /** `item` is null where no layer says anything about the folder itself. */
  | { readonly kind: 'folder'; readonly path: string; readonly item: LayerItem | null }
  | { readonly kind: 'whiteout'; readonly path: string }
  | { readonly kind: 'node'; readonly path: string; readonly item: LayerItem; readonly layer: number }
  | { readonly kind: 'hardlink'; readonly path: string; readonly target: string; readonly item: LayerItem };

type NodeChange = Extract<Change, { kind: 'node' }>;

/** Everything that a tree has and its baseline does not, in the order in which it is written. */
export interface Changes {
  /** Folders, parents first; whiteouts; links, devices and pipes. */
  readonly head: readonly Change[];
  /** Files by layer and by their place in it, each with its hardlinks behind it. */
  readonly files: readonly Change[];
}

interface Visit {
  readonly folder: Folder;
  readonly path: string;
  readonly parent: Visit | null;
  isListed: boolean;
}

/** A name of an inode that has several. */
interface Name {
  readonly path: string;
  readonly order: number;
  readonly isChanged: boolean;
}

interface Listing {
  readonly tree: InodeTree;
  readonly folders: Change[];
  readonly whiteouts: Change[];
  readonly specials: NodeChange[];
  readonly files: NodeChange[];
  readonly linked: Map<Inode, Name[]>;
}

/**
 * Lists what changed in a tree since its baseline: with baseline 0 the whole tree. What lower layers have and the tree has
 * not is hidden by whiteouts; every folder on the way to a change is listed, since runtimes unpack a layer on its own. The
 * first name of an inode that is still there carries its data. Specification: OCI image-spec, layer.md, "Representing
 * Changes".
 */
export function listChanges(tree: InodeTree): Changes {
  const listing: Listing = { tree, folders: [], whiteouts: [], specials: [], files: [], linked: new Map() };
  const ahead: Visit[] = [{ folder: tree.root, path: '', parent: null, isListed: false }];
  // Not by recursion: how deep it goes is for the layers to say.
  for (let visit = ahead.pop(); visit !== undefined; visit = ahead.pop()) {
    visitFolder(listing, visit);
    const below: Visit[] = [];
    for (const [name, node] of visit.folder.children) {
      if (node.kind === 'folder') {
        below.push({ folder: node, path: join(visit.path, name), parent: visit, isListed: false });
      } else visitNode(listing, visit, name, node);
    }
    ahead.push(...below.toSorted((a, b) => compareText(b.path, a.path)));
  }
  return orderChanges(listing);
}

function visitFolder(listing: Listing, visit: Visit): void {
  const { folder, path } = visit;
  const { baseline } = listing.tree;
  if (folder.born >= baseline || (folder.item !== null && folder.itemLayer >= baseline)) listVisit(listing, visit);
  if (folder.isOpaque) hide(listing, visit, '.wh..opq');
  if (folder.lost === null || folder.isOpaque) return;
  for (const [name, gone] of folder.lost) {
    const now = folder.children.get(name);
    if (now === undefined) hide(listing, visit, name);
    else if (now.kind === 'folder' && gone.kind === 'folder') {
      listing.whiteouts.push({ kind: 'whiteout', path: `${join(path, name)}/.wh..wh..opq` });
    }
  }
}

function hide(listing: Listing, visit: Visit, name: string): void {
  listVisit(listing, visit);
  listing.whiteouts.push({ kind: 'whiteout', path: join(visit.path, `.wh.${name}`) });
}

function listVisit({ folders }: Listing, visit: Visit): void {
  const missing: Visit[] = [];
  for (let each: Visit | null = visit; each !== null && !each.isListed; each = each.parent) missing.push(each);
  for (const each of missing.toReversed()) {
    each.isListed = true;
    // Of the root there is something to say only where a layer says it.
    if (each.path !== '' || each.folder.item !== null) {
      folders.push({ kind: 'folder', path: each.path, item: each.folder.item });
    }
  }
}

function visitNode(listing: Listing, visit: Visit, name: string, inode: Inode): void {
  const { folder } = visit;
  const path = join(visit.path, name);
  const isChanged = layerOfName(folder, name, inode) >= listing.tree.baseline;
  if (isChanged) listVisit(listing, visit);
  if (!inode.isLinked) {
    if (isChanged) listNode(listing, path, inode);
    return;
  }
  const names = listing.linked.get(inode);
  const given = { path, order: folder.linked?.get(name)?.order ?? 0, isChanged };
  if (names === undefined) listing.linked.set(inode, [given]);
  else names.push(given);
}

function listNode({ specials, files }: Listing, path: string, { item, layer }: Inode): NodeChange {
  const change: NodeChange = { kind: 'node', path, item, layer };
  (item.type === 'file' ? files : specials).push(change);
  return change;
}

function orderChanges(listing: Listing): Changes {
  const { folders, whiteouts, specials, files, linked } = listing;
  const links = new Map<NodeChange, readonly Change[]>();
  const toOld: Change[] = [];
  for (const [inode, names] of linked) {
    names.sort((a, b) => a.order - b.order);
    const changed = names.filter(({ isChanged }) => isChanged);
    // A name that a lower layer has is there already, with the data.
    const kept = names.find(({ isChanged }) => !isChanged);
    const [first] = changed;
    if (first === undefined) continue;
    const target = kept ?? first;
    const hardlinks = changed
      .filter((name) => name !== target)
      .map(({ path }): Change => ({ kind: 'hardlink', path, target: target.path, item: inode.item }));
    if (kept !== undefined) toOld.push(...hardlinks);
    else if (hardlinks.length === 0) listNode(listing, first.path, inode);
    else links.set(listNode(listing, first.path, inode), hardlinks);
  }
  const byPath = (a: Change, b: Change) => compareText(a.path, b.path);
  specials.sort(byPath);
  files.sort((a, b) => a.layer - b.layer || a.item.dataOffset - b.item.dataOffset);
  // An image has a hundred thousand files and next to no hardlinks.
  const withLinks = (list: readonly NodeChange[]): readonly Change[] =>
    links.size === 0 ? list : list.flatMap((change) => [change, ...(links.get(change) ?? [])]);
  return {
    head: [...folders, ...whiteouts.toSorted(byPath), ...withLinks(specials), ...toOld.toSorted(byPath)],
    files: withLinks(files),
  };
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
