import { ForkwrightError } from '../errors.ts';
import { compareText } from '../platform/order.ts';
import { encodeHeader } from '../tar/write-header.ts';

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
const BLOCK_BYTES = 512;

/**
 * Decides the entries of a layer, in their order: the files, `folders`, and every parent that the base does not have
 * (`isInBase` says so of an absolute path). Parents are root's with mode 0755, as Docker's COPY makes them. Throws
 * `build.duplicate-path` where two files, or a file and a folder, want one path.
 */
export function planLayer(
  files: readonly LayerFile[],
  folders: readonly string[],
  isInBase: (path: string) => boolean,
): readonly LayerEntry[] {
  const entries = new Map<string, LayerEntry>();
  for (const path of [...folders, ...files.flatMap((file) => parentsOf(file.path)), ...folders.flatMap(parentsOf)]) {
    if (!isInBase(path)) entries.set(path, { name: `${path.slice(1)}/`, file: null });
  }
  for (const file of files) {
    if (entries.has(file.path)) {
      throw new ForkwrightError(
        'build.duplicate-path',
        `two things of the recipe want to be ${file.path} in the image`,
      );
    }
    entries.set(file.path, { name: file.path.slice(1), file });
  }
  return [...entries.values()].sort((a, b) => compareText(a.name, b.name));
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
    const owner = file === null ? { mode: FOLDER_MODE, uid: 0, gid: 0 } : file;
    const { mode, uid, gid } = owner;
    const sizeBytes = file?.sizeBytes ?? 0;
    yield encodeHeader({
      name,
      type: file === null ? 'directory' : 'file',
      mode,
      uid,
      gid,
      sizeBytes,
      mtime: epochSeconds,
    });
    if (file === null) continue;
    let written = 0;
    for await (const chunk of file.bytes()) {
      written += chunk.length;
      yield chunk;
    }
    if (written !== sizeBytes) {
      throw new ForkwrightError(
        'build.size-changed',
        `${file.path} has ${written} bytes, ${sizeBytes} were announced`,
        {
          hint: 'the file changed while it was read; build again',
        },
      );
    }
    yield Buffer.alloc((BLOCK_BYTES - (written % BLOCK_BYTES)) % BLOCK_BYTES);
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}
