import type { Program } from '../program/program-type.ts';

/** One entry of a layer's tar, as far as the tree of an image needs it. */
export interface LayerEntry {
  /** As the layer spells it: `./bin/x`, `/bin/x`, `bin/x`. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';
  /** Target of a link: as it stands for a symlink, from the root for a hardlink; '' for all else. */
  readonly linkName: string;
  /** Permission bits. */
  readonly mode: number;
  /** What the first bytes of a file say; null where they name no program. */
  readonly program: Program | null;
}

export interface FileNode {
  readonly kind: 'file';
  readonly mode: number;
  readonly program: Program | null;
}

export interface DirectoryNode {
  readonly kind: 'directory';
  readonly children: Map<string, TreeNode>;
}

export type TreeNode =
  FileNode | DirectoryNode | { readonly kind: 'symlink'; readonly target: string } | { readonly kind: 'other' };

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** Linux gives up after 40, too: path_resolution(7). */
const MOST_LINKS = 40;

/**
 * Gives the tree of files that layers, the lowest first, make together. In each layer whiteouts come first, against what
 * lies below, wherever they stand; then the entries. Parents that are symlinks are followed inside the tree.
 * Specification: OCI image-spec, layer.md, "Applying Changesets".
 */
export function flattenLayers(layers: readonly (readonly LayerEntry[])[]): DirectoryNode {
  const root = createDirectory();
  for (const layer of layers) {
    const folders = listFolders(layer);
    for (const entry of layer) applyWhiteout(root, entry.path, folders);
    for (const entry of layer) applyEntry(root, entry);
  }
  return root;
}

function createDirectory(): DirectoryNode {
  return { kind: 'directory', children: new Map() };
}

function listFolders(layer: readonly LayerEntry[]): ReadonlySet<string> {
  return new Set(layer.flatMap(({ kind, path }) => (kind === 'directory' ? [splitPath(path).join('/')] : [])));
}

function applyWhiteout(root: DirectoryNode, path: string, folders: ReadonlySet<string>): void {
  const parts = splitPath(path);
  const name = parts.pop() ?? '';
  if (!name.startsWith(WHITEOUT)) return;
  // A folder that the layer puts where a link was is new: what the link led to is not meant.
  if (isReplacedLink(root, parts, folders)) return;
  const parent = findNode(root, parts);
  if (parent?.kind !== 'directory') return;
  if (name === OPAQUE) parent.children.clear();
  else parent.children.delete(name.slice(WHITEOUT.length));
}

function isReplacedLink(root: DirectoryNode, parts: readonly string[], folders: ReadonlySet<string>): boolean {
  let folder = root;
  for (const [index, part] of parts.entries()) {
    const next = folder.children.get(part);
    if (next === undefined) return false;
    if (next.kind !== 'directory') return folders.has(parts.slice(0, index + 1).join('/'));
    folder = next;
  }
  return false;
}

function applyEntry(root: DirectoryNode, entry: LayerEntry): void {
  const parts = splitPath(entry.path);
  const name = parts.pop();
  if (name === undefined || name.startsWith(WHITEOUT)) return;
  const parent = makeDirectory(root, parts);
  const existing = parent.children.get(name);
  if (entry.kind === 'directory') {
    if (existing?.kind !== 'directory') parent.children.set(name, createDirectory());
    return;
  }
  const node = createNode(root, entry);
  if (node !== null) parent.children.set(name, node);
}

function createNode(root: DirectoryNode, entry: LayerEntry): TreeNode | null {
  switch (entry.kind) {
    case 'file':
      return { kind: 'file', mode: entry.mode, program: entry.program };
    case 'symlink':
      return { kind: 'symlink', target: entry.linkName };
    case 'hardlink': {
      const parts = splitPath(entry.linkName);
      const name = parts.pop() ?? '';
      const parent = findNode(root, parts);
      // A hardlink names an inode, so a symlink under that name is itself what is linked to.
      return (parent?.kind === 'directory' ? parent.children.get(name) : undefined) ?? null;
    }
    default:
      return { kind: 'other' };
  }
}

/** Gives the folder at a path, made with its parents where there is none; what stands in the way goes. */
function makeDirectory(root: DirectoryNode, parts: readonly string[]): DirectoryNode {
  let done = 0;
  let folder = root;
  for (const part of parts) {
    done++;
    const existing = folder.children.get(part);
    const target = existing?.kind === 'symlink' ? findNode(root, parts.slice(0, done)) : existing;
    if (target?.kind === 'directory') {
      folder = target;
      continue;
    }
    const made = createDirectory();
    folder.children.set(part, made);
    folder = made;
  }
  return folder;
}

/**
 * Finds what a path leads to, links followed as a process whose root is the tree would follow them: absolute ones from
 * the root, `..` never above it. Null where nothing is there, a link dangles or goes round in circles.
 */
export function lookUp(root: DirectoryNode, path: string): Exclude<TreeNode, { kind: 'symlink' }> | null {
  const node = findNode(root, path.split('/'));
  return node === undefined || node.kind === 'symlink' ? null : node;
}

function findNode(root: DirectoryNode, path: readonly string[]): TreeNode | undefined {
  const ahead = [...path].toReversed();
  const trail: DirectoryNode[] = [root];
  let links = 0;
  let last: TreeNode = root;
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (part === '' || part === '.') continue;
    if (last.kind !== 'directory') return undefined;
    if (part === '..') {
      if (trail.length > 1) trail.pop();
      last = trail.at(-1) ?? root;
      continue;
    }
    const next: TreeNode | undefined = last.children.get(part);
    if (next === undefined) return undefined;
    if (next.kind === 'symlink') {
      links++;
      if (links > MOST_LINKS) return undefined;
      if (next.target.startsWith('/')) trail.splice(1);
      last = trail.at(-1) ?? root;
      ahead.push(...next.target.split('/').toReversed());
      continue;
    }
    if (next.kind === 'directory') trail.push(next);
    last = next;
  }
  return last;
}

/** The names on a path, from the root; `.` and `..` resolved by text, as a tar's own names never go through links. */
function splitPath(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts;
}
