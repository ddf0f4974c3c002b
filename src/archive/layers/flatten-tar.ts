import type { Change, Changes } from '../../image/files/list-changes.ts';
import { ForkwrightError } from '../../errors.ts';
import { BLOCK_BYTES, paddingBytes } from '../../tar/header.ts';
import { headerBytes, writePlainHeader, type NamelessEntry } from '../../tar/write-blocks.ts';
import { encodeHeader, END_OF_ARCHIVE } from '../../tar/write-header.ts';
import { readAhead, readInTurn, type ReadAhead } from '../stream/read-ahead.ts';
import { CHUNK_BYTES, giveBackChunk, takeChunk } from '../stream/chunk-pool.ts';
import type { OpenLayer } from './read-layer.ts';

/** Mebibytes that are unpacked before they are needed, of each of two layers. */
const AHEAD_CHUNKS = 2;

/** How many bytes the tar of some changes has. */
export function sizeOfTar({ head, files }: Changes): number {
  let sizeBytes = END_OF_ARCHIVE.length;
  for (const list of [head, files]) {
    for (const change of list) {
      const dataBytes = dataBytesOf(change);
      sizeBytes += headerBytes(nameOf(change), entryOf(change)) + dataBytes + paddingBytes(dataBytes);
    }
  }
  return sizeBytes;
}

/**
 * Writes changes as a tar; the data comes from the layers, each opened once and read in its order. A chunk is valid until
 * the next one is asked for. Throws `blob.corrupt` where a layer is not what it was, and what the layers throw.
 */
export async function* writeTar(
  changes: Changes,
  open: (layer: number) => Promise<OpenLayer>,
): AsyncGenerator<Uint8Array> {
  const pack = openPack();
  for (const change of changes.head) {
    if (!pack.plainHeader(change)) yield* pack.header(change);
  }
  const layers = openInTurn(groupByLayer(changes.files), open);
  try {
    for await (const { layer, ahead, changes: files } of layers) {
      const cursor = openCursor(ahead);
      for (const change of files) {
        if (!pack.plainHeader(change)) yield* pack.header(change);
        if (change.kind !== 'node') continue;
        let offset = change.item.dataOffset;
        const end = offset + change.item.sizeBytes;
        while (offset < end) {
          const chunk = cursor.at(offset, end) ?? (await cursor.advance(offset, end));
          const taken = pack.take(chunk);
          offset += taken;
          if (taken < chunk.length) yield pack.flush();
        }
        const padding = paddingBytes(change.item.sizeBytes);
        if (pack.room < padding) yield pack.flush();
        pack.zeros(padding);
      }
      await ahead.close();
      await layer.check();
    }
    if (pack.room < END_OF_ARCHIVE.length) yield pack.flush();
    pack.zeros(END_OF_ARCHIVE.length);
    yield pack.flush();
  } finally {
    await layers.return(undefined);
    pack.close();
  }
}

function dataBytesOf(change: Change): number {
  return change.kind === 'node' ? change.item.sizeBytes : 0;
}

/** The name under which a change is written. */
function nameOf(change: Change): string {
  if (change.kind !== 'folder') return change.path;
  return change.path === '' ? './' : `${change.path}/`;
}

/** Folders of which nothing is said are root's with mode 0755, as engines make them. */
const PLAIN_FOLDER: NamelessEntry = { type: 'directory', mode: 0o755 };
const WHITEOUT: NamelessEntry = { type: 'file', mode: 0 };

function entryOf(change: Change): NamelessEntry {
  switch (change.kind) {
    case 'folder':
      return change.item ?? PLAIN_FOLDER;
    case 'whiteout':
      return WHITEOUT;
    case 'node':
      return change.item;
    case 'hardlink':
      return { ...change.item, type: 'hardlink', linkName: change.target };
  }
}

function groupByLayer(files: readonly Change[]) {
  const groups: { readonly layer: number; readonly changes: Change[] }[] = [];
  for (const change of files) {
    const last = groups.at(-1);
    if (change.kind === 'node' && change.layer !== last?.layer) groups.push({ layer: change.layer, changes: [change] });
    else last?.changes.push(change);
  }
  return groups;
}

interface LayerFiles {
  readonly layer: OpenLayer;
  readonly ahead: ReadAhead;
  readonly changes: readonly Change[];
}

/** Opens layers one after another, always one more than is read: it is unpacked meanwhile, on another core. */
async function* openInTurn(
  groups: ReturnType<typeof groupByLayer>,
  open: (layer: number) => Promise<OpenLayer>,
): AsyncGenerator<LayerFiles> {
  const opened: LayerFiles[] = [];
  const openNext = async (index: number) => {
    const group = groups[index];
    if (group === undefined) return;
    const layer = await open(group.layer);
    // What is only read is read ahead already, and unpacking takes its time.
    const ahead = layer.isCompressed ? readAhead(layer.chunks, AHEAD_CHUNKS) : readInTurn(layer.chunks);
    opened.push({ layer, ahead, changes: group.changes });
  };
  try {
    await openNext(0);
    for (let index = 0; index < groups.length; index++) {
      await openNext(index + 1);
      const [first] = opened;
      if (first === undefined) return;
      yield first;
      await close(first);
      opened.shift();
    }
  } finally {
    for (const each of opened) await close(each);
  }
}

async function close({ layer, ahead }: LayerFiles): Promise<void> {
  await ahead.close();
  await layer.close();
}

/** Gathers headers and data to chunks of a mebibyte. */
function openPack() {
  let buffer = takeChunk();
  let spare = takeChunk();
  let used = 0;
  function flush(): Uint8Array {
    const full = buffer.subarray(0, used);
    [buffer, spare] = [spare, buffer];
    used = 0;
    return full;
  }
  function take(bytes: Uint8Array): number {
    const piece = bytes.length > CHUNK_BYTES - used ? bytes.subarray(0, CHUNK_BYTES - used) : bytes;
    buffer.set(piece, used);
    used += piece.length;
    return piece.length;
  }
  return {
    get room() {
      return CHUNK_BYTES - used;
    },
    flush,
    close() {
      for (const chunk of [buffer, spare]) giveBackChunk(chunk);
    },
    /** Gives how many bytes there was room for. */
    take,
    zeros(bytes: number) {
      buffer.fill(0, used, used + bytes);
      used += bytes;
    },
    /** Says whether there was room for the header, and one block was enough; nearly always, and quick. */
    plainHeader(change: Change): boolean {
      const hasRoom = used + BLOCK_BYTES <= CHUNK_BYTES;
      const isWritten = hasRoom && writePlainHeader(nameOf(change), entryOf(change), buffer, used);
      if (isWritten) used += BLOCK_BYTES;
      return isWritten;
    },
    *header(change: Change): Generator<Uint8Array> {
      const blocks = encodeHeader({ ...entryOf(change), name: nameOf(change) });
      for (let start = 0; start < blocks.length;) {
        const taken = take(blocks.subarray(start));
        start += taken;
        if (start < blocks.length) yield flush();
      }
    },
  };
}

/** Goes forward through a stream by offsets. */
function openCursor(chunks: ReadAhead) {
  let chunk: Uint8Array = new Uint8Array(0);
  let chunkStart = 0;
  const at = (offset: number, end: number): Uint8Array | null => {
    if (offset >= chunkStart + chunk.length) return null;
    return chunk.subarray(offset - chunkStart, Math.min(end - chunkStart, chunk.length));
  };
  return {
    /** The bytes from `offset` on that are there already, up to `end`; null for none. */
    at,
    async advance(offset: number, end: number): Promise<Uint8Array> {
      for (;;) {
        const found = at(offset, end);
        if (found !== null) return found;
        chunkStart += chunk.length;
        const next = await chunks.next();
        if (next === null) {
          throw new ForkwrightError('blob.corrupt', `the layer ends before byte ${end}, where it did not before`);
        }
        chunk = next;
      }
    },
  };
}
