import { posix } from 'node:path';
import { ForkwrightError } from '../errors.ts';
import { compareText } from '../platform/order.ts';
import { encodeHeader, END_OF_ARCHIVE, padding } from '../tar/write-header.ts';

/** A file that goes into a layer. */
export interface LayerFile {
  /** Absolute path in the image. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  /** Gives exactly `sizeBytes` bytes, the same ones each time it is called. */
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

/** One entry of a layer's tar; a folder has no file. */
export interface LayerEntry {
  /** Without a slash in front; folders end in one. */
  readonly name: string;
  readonly file: LayerFile | null;
}

const FOLDER_MODE = 0o755;

/** Says where the base has the folder at an absolute path, links followed; null where it has none. */
export type FindFolder = (path: string) => string | null;

/**
 * Decides the entries of a layer, in their order: the files, `folders`, and every parent that the base does not have.
 * Parents are root's with mode 0755, as Docker's COPY makes them. Throws `build.duplicate-path` where two files, or a file
 * and a folder, want one path, the base's folders among them.
 */
export function planLayer(
  files: readonly LayerFile[],
  folders: readonly string[],
  findFolder: FindFolder,
): readonly LayerEntry[] {
  const placed = files.map((file) => ({ file, path: placeInBase(file.path, findFolder) }));
  const own = folders.map((path) => placeInBase(path, findFolder));
  const needed = new Set([...own, ...[...own, ...placed.map(({ path }) => path)].flatMap(parentsOf)]);
  const entries = new Map<string, LayerEntry>();
  for (const path of needed) {
    if (findFolder(path) === null) entries.set(path, { name: `${path.slice(1)}/`, file: null });
  }
  for (const { file, path } of placed) {
    if (needed.has(path) || entries.has(path)) {
      const text = `two things of the recipe want to be ${file.path} in the image`;
      throw new ForkwrightError('build.duplicate-path', text);
    }
    if (findFolder(path) !== null) {
      const hint = 'name the file that is to be in it';
      throw new ForkwrightError('build.duplicate-path', `${file.path} is a folder in the base`, { hint });
    }
    entries.set(path, { name: path.slice(1), file });
  }
  return [...entries.values()].toSorted((a, b) => compareText(a.name, b.name));
}

/**
 * A parent that is a link in the base, /bin of a merged /usr, is followed here: not everybody who unpacks layers does, and
 * the link would be replaced by a folder.
 */
function placeInBase(path: string, findFolder: FindFolder): string {
  for (const parent of parentsOf(path).toReversed()) {
    const folder = findFolder(parent);
    if (folder !== null) return posix.join(folder, path.slice(parent.length));
  }
  return path;
}

/** `/a/b/c` gives `/a` and `/a/b`. */
function parentsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

/** Writes a layer as an uncompressed tar: its bytes depend on the entries and the time stamp only. */
export async function* writeLayer(
  entries: readonly LayerEntry[],
  epochSeconds: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const { name, file } of entries) {
    if (file === null) {
      yield encodeHeader({ name, type: 'directory', mode: FOLDER_MODE, mtime: epochSeconds });
      continue;
    }
    const { mode, uid, gid, sizeBytes } = file;
    yield encodeHeader({ name, type: 'file', mode, uid, gid, sizeBytes, mtime: epochSeconds });
    let written = 0;
    for await (const chunk of file.bytes()) {
      written += chunk.length;
      yield chunk;
    }
    if (written !== sizeBytes) {
      const text = `${file.path} has ${written} bytes, ${sizeBytes} were announced`;
      throw new ForkwrightError('build.size-changed', text, { hint: 'build again when nobody writes to it' });
    }
    yield padding(sizeBytes);
  }
  yield END_OF_ARCHIVE;
}
