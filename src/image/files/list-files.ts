import { compareText } from '../../platform/order.ts';
import { layerOfName, type Folder, type Inode, type InodeTree } from './inode-tree.ts';

/** A file, folder or link of an image. */
export interface FileView {
  /** Absolute. */
  readonly path: string;
  readonly type: Inode['item']['type'];
  /** Four octal digits, `0755`. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  /** RFC 3339, whole seconds; null where no layer says anything about a folder itself. */
  readonly time: string | null;
  /** Where a symlink leads, as it stands there; null for all else. */
  readonly link: string | null;
  /** The layer that it comes from, counted from 1; of a folder the one that gave it its attributes. */
  readonly layer: number;
}

/** What a layer did to a file of the layers below it. */
export interface FileChange extends Omit<FileView, 'layer'> {
  readonly change: 'added' | 'changed' | 'removed';
}

interface Found {
  readonly path: string;
  readonly parent: Folder | null;
  readonly name: string;
  readonly node: Folder | Inode;
}

/** Lists all that is in a tree, by path. */
export function listFiles(tree: InodeTree): readonly FileView[] {
  // Of the root there is something to say only where a layer says it.
  const found = walk(tree).filter(({ path }) => path !== '/' || tree.root.item !== null);
  return found.map(({ path, node }) => {
    return { ...viewNode(path, node), layer: 1 + (node.kind === 'folder' ? node.itemLayer : node.layer) };
  });
}

/**
 * Lists what was done to a tree since its baseline, by path: what was removed is named alone, what lay below it is not
 * listed.
 */
export function listFileChanges(tree: InodeTree): readonly FileChange[] {
  const changes: FileChange[] = [];
  for (const { path, parent, name, node } of walk(tree)) {
    const isNew = parent !== null && layerOfName(parent, name, node) >= tree.baseline;
    const isTouched = node.kind === 'folder' && node.item !== null && node.itemLayer >= tree.baseline;
    if (isNew || isTouched) {
      const change = isNew && parent.lost?.has(name) !== true ? 'added' : 'changed';
      changes.push({ ...viewNode(path, node), change });
    }
    if (node.kind === 'inode') continue;
    for (const [gone, lost] of node.lost ?? []) {
      if (!node.children.has(gone)) changes.push({ ...viewNode(join(path, gone), lost), change: 'removed' });
    }
  }
  return changes.toSorted((a, b) => compareText(a.path, b.path));
}

function walk({ root }: InodeTree): readonly Found[] {
  const found: Found[] = [];
  const ahead: Found[] = [{ path: '/', parent: null, name: '', node: root }];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    found.push(next);
    if (next.node.kind === 'inode') continue;
    const folder = next.node;
    for (const [name, node] of folder.children) {
      ahead.push({ path: join(next.path, name), parent: folder, name, node });
    }
  }
  return found.toSorted((a, b) => compareText(a.path, b.path));
}

function viewNode(path: string, node: Folder | Inode): Omit<FileView, 'layer'> {
  const { item } = node;
  return {
    path,
    type: node.kind === 'folder' ? 'directory' : node.item.type,
    mode: (item?.mode ?? 0o755).toString(8).padStart(4, '0'),
    uid: item?.uid ?? 0,
    gid: item?.gid ?? 0,
    sizeBytes: item?.sizeBytes ?? 0,
    time: item === null ? null : formatTime(item.mtime),
    link: item?.type === 'symlink' ? item.linkName : null,
  };
}

/** Null for times beyond the calendar. */
function formatTime(seconds: number): string | null {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().replace('.000Z', 'Z');
}

function join(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}
