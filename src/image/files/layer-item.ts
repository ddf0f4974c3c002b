/** An entry of a layer's tar, as a tar reader gives it, with the place of its data. */
export interface LayerItem {
  /** As the layer spells it: `./bin/x`, `/bin/x`, `bin/x/`. */
  readonly name: string;
  readonly type: 'file' | 'hardlink' | 'symlink' | 'character-device' | 'block-device' | 'directory' | 'fifo';
  /** Target of a link: as it stands for a symlink, from the root for a hardlink; '' for all else. */
  readonly linkName: string;
  readonly sizeBytes: number;
  /** The lower twelve bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
  readonly groupName: string;
  /** Whole seconds since 1970; a fraction is in the PAX records. */
  readonly mtime: number;
  readonly devMajor: number;
  readonly devMinor: number;
  /** The records that are kept: extended attributes, and the time where it has a fraction. */
  readonly pax: ReadonlyMap<string, Buffer>;
  /** Byte offset of the data in the layer before compression. */
  readonly dataOffset: number;
}

/** What the name of an entry asks for. */
export type ItemName =
  | { readonly kind: 'entry'; readonly parts: readonly string[] }
  /** Hides `name` in the folder `parts` of the layers below. */
  | { readonly kind: 'whiteout'; readonly parts: readonly string[]; readonly name: string }
  /** Hides all that the layers below have in the folder `parts`. */
  | { readonly kind: 'opaque'; readonly parts: readonly string[] }
  /** What AUFS kept for itself (`.wh..wh.plnk/`): no file, but hardlinks may lead to it. */
  | { readonly kind: 'meta'; readonly parts: readonly string[] }
  | { readonly kind: 'faulty'; readonly why: string };

const WHITEOUT = '.wh.';
const META = '.wh..wh.';
const OPAQUE = '.wh..wh..opq';
/** PATH_MAX of Linux: nothing longer can be unpacked. */
const MAX_PATH_LENGTH = 4096;

/** Says what an entry's name asks for. Specification: OCI image-spec, layer.md, "Whiteouts"; AUFS for the rest. */
export function readItemName(name: string): ItemName {
  const parts = splitPath(name);
  if (typeof parts === 'string') return { kind: 'faulty', why: parts };
  const base = parts.at(-1) ?? '';
  if (!name.includes(WHITEOUT)) return { kind: 'entry', parts };
  const isMeta = parts.some((part) => part.startsWith(META) && part !== OPAQUE);
  if (isMeta) return { kind: 'meta', parts };
  const folder = parts.slice(0, -1);
  // A folder of such a name would turn into a whiteout of its own in the layer that is written.
  if (folder.some((part) => part.startsWith(WHITEOUT))) return { kind: 'faulty', why: 'it lies in a whiteout' };
  if (!base.startsWith(WHITEOUT)) return { kind: 'entry', parts };
  if (base === OPAQUE) return { kind: 'opaque', parts: folder };
  const hidden = base.slice(WHITEOUT.length);
  if (hidden === '') return { kind: 'faulty', why: 'a whiteout of nothing' };
  if (hidden === '.' || hidden === '..') return { kind: 'faulty', why: 'a whiteout of a folder that it lies in' };
  return { kind: 'whiteout', parts: folder, name: hidden };
}

/** The names on a path from the root, `.` and `..` resolved by text; why it cannot be one, where it cannot. */
export function splitPath(path: string): readonly string[] | string {
  if (path.length > MAX_PATH_LENGTH) return `it has ${path.length} characters; no path on Linux has more than 4095`;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return 'it leads out of the root';
  }
  return parts;
}
