import { createHash } from 'node:crypto';
import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import type { LayerItem } from '../../image/files/layer-item.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { blobPath, digestParts } from '../../oci/digest.ts';
import { mediaKind } from '../../oci/media-type.ts';
import type { TarHeader } from '../../tar/entry-machine.ts';
import { createEntryScanner } from '../../tar/scan-entries.ts';
import { openCompressed } from '../stream/decompress.ts';
import { errorFinding } from '../read/error-finding.ts';
import type { ImageSource } from '../read/image-source.ts';
import { shareStream, tap } from '../stream/shared-stream.ts';
import type { LayerStore } from './layer-store.ts';

/** A layer that is being unpacked. */
export interface OpenLayer {
  readonly isCompressed: boolean;
  /** What it is before compression; a chunk is valid until the next one is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /**
   * Reads what is left of the blob without unpacking it, and holds the whole of it to its digest: only then the bytes
   * are known to be the ones that the manifest means. Throws `blob.corrupt`.
   */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Where a layer lies, for errors: `x.tar: blobs/sha256/…`. */
export function placeOfLayer(source: ImageSource, { digest }: Descriptor): string {
  return `${source.name}: ${source.blob(digest)?.name ?? blobPath(digest)}`;
}

/**
 * Opens a layer to be unpacked. Its chunks throw `layer.corrupt`, `layer.bomb`, `layer.unsupported`, the signal's reason
 * and what the source throws. Throws `layer.media-type` for what is no layer of files.
 */
export async function openLayer(
  source: ImageSource,
  layer: Descriptor,
  { signal }: { readonly signal: AbortSignal },
): Promise<OpenLayer> {
  const place = placeOfLayer(source, layer);
  if (mediaKind(layer.mediaType).kind !== 'layer') {
    const text = `the media type ${JSON.stringify(layer.mediaType)} is not that of a layer of files`;
    throw new ForkwrightError('layer.media-type', text, { place });
  }
  const { algorithm, hex } = digestParts(layer.digest);
  const hash = createHash(algorithm);
  const see = (chunk: Uint8Array) => {
    signal.throwIfAborted();
    hash.update(chunk);
  };
  const stream = shareStream(tap(source.stream(layer.digest), see));
  const { compression, unpack } = await openCompressed(stream.rest, place, source.limits);
  const unpacked = unpack()[Symbol.asyncIterator]();
  return {
    isCompressed: compression !== 'none',
    chunks: { [Symbol.asyncIterator]: () => ({ next: () => unpacked.next() }) },
    async check() {
      await unpacked.return?.();
      await stream.drain();
      if (hash.digest('hex') !== hex) throw new ForkwrightError('blob.corrupt', 'the layer is damaged', { place });
    },
    async close() {
      await unpacked.return?.();
      await stream.close();
    },
  };
}

/** What is kept of the names and records of one image: a hostile layer could have a mebibyte of them per entry. */
const MAX_KEPT_BYTES = 256 * 1024 * 1024;
const NO_RECORDS: ReadonlyMap<string, Buffer> = new Map();
// What the writer says itself, what is about one disk only, and times that change by looking.
const DROPPED =
  /^(?:path|linkpath|size|uid|gid|uname|gname|mtime|atime|ctime|hdrcharset|charset|comment|SCHILY\.(?:dev|ino|nlink|realsize)|LIBARCHIVE\.creationtime)$/;

/**
 * Reads the headers of a layer to its end, and holds it to its digest; within limits. What is odd about the
 * tar goes to `findings`; what a compressed layer unpacks to goes to `keep` too, unless it is null. Throws what `openLayer`
 * throws, `tar.*`, `blob.corrupt`, `layer.too-large`, and what `keep` throws.
 */
export async function readLayerItems(
  source: ImageSource,
  layer: Descriptor,
  options: { readonly signal: AbortSignal; readonly findings: Finding[] },
  keep: ReturnType<LayerStore['add']> | null = null,
): Promise<readonly LayerItem[]> {
  const place = placeOfLayer(source, layer);
  const items: LayerItem[] = [];
  const names = new Map<string, string>();
  let keptBytes = 0;
  const scanner = createEntryScanner(
    (header, dataOffset) => {
      const item = toItem(header, dataOffset, names);
      keptBytes += item.name.length + item.linkName.length;
      for (const value of item.pax.values()) keptBytes += value.length;
      if (keptBytes > MAX_KEPT_BYTES) {
        throw new ForkwrightError('layer.too-large', 'more than 256 MiB of names and attributes', { place });
      }
      items.push(item);
    },
    (fault) => options.findings.push(errorFinding(fault, `${place}: ${fault.place ?? ''}`, 'warning')),
    source.limits,
  );
  const open = await openLayer(source, layer, options);
  const kept = open.isCompressed ? keep : null;
  try {
    for await (const chunk of open.chunks) {
      const keeping = kept?.append(chunk);
      // It is waited for when the headers are read, and told of then.
      keeping?.catch(() => undefined);
      scanner.feed(chunk);
      await keeping;
    }
    scanner.finish();
    await open.check();
    kept?.end();
  } catch (error) {
    if (!(error instanceof ForkwrightError) || !error.code.startsWith('tar.')) throw error;
    const { cause } = error;
    throw new ForkwrightError(error.code, error.message, { place: `${place}: ${error.place ?? ''}`, cause });
  } finally {
    await open.close();
  }
  return items;
}

function toItem(header: TarHeader, dataOffset: number, names: Map<string, string>): LayerItem {
  const isLink = header.type === 'symlink' || header.type === 'hardlink';
  const isDevice = header.type === 'character-device' || header.type === 'block-device';
  return {
    name: header.name,
    type: header.type,
    linkName: isLink ? header.linkName : '',
    sizeBytes: header.sizeBytes,
    mode: header.mode,
    uid: header.uid,
    gid: header.gid,
    userName: once(names, header.userName),
    groupName: once(names, header.groupName),
    mtime: header.mtime,
    devMajor: isDevice ? header.devMajor : 0,
    devMinor: isDevice ? header.devMinor : 0,
    pax: header.pax.size === 0 ? NO_RECORDS : keepRecords(header.pax),
    dataOffset,
  };
}

/** One text for all that are equal: every entry names its owner. */
function once(names: Map<string, string>, name: string): string {
  if (name === '') return '';
  const known = names.get(name);
  if (known !== undefined) return known;
  names.set(name, name);
  return name;
}

function keepRecords(pax: ReadonlyMap<string, Buffer>): ReadonlyMap<string, Buffer> {
  const kept = [...pax].filter(([key]) => !DROPPED.test(key));
  const time = pax.get('mtime')?.toString('latin1') ?? '';
  const fraction = /\.[0-9]*[1-9]/.exec(time)?.[0];
  if (fraction !== undefined) kept.push(['mtime', Buffer.from(time.slice(0, time.indexOf('.')) + fraction)]);
  return kept.length === 0 ? NO_RECORDS : new Map(kept);
}
