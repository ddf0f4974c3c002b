import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { ForkwrightError } from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { blobPath, digestParts } from '../../oci/digest.ts';
import type { ManifestDocument } from '../../oci/manifest.ts';
import type { TarHeader } from '../../tar/entry-machine.ts';
import { readTarStream, type TarStreamEntry } from '../../tar/read-stream.ts';
import { openCompressed } from '../stream/decompress.ts';
import { normaliseName } from '../read/entry-name.ts';
import type { ImageSource } from '../read/image-source.ts';
import { shareStream, tap } from '../stream/shared-stream.ts';

/** A file of an image. */
export interface ImageFile {
  /** Where its bytes are, links followed; absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Permission bits. */
  readonly mode: number;
  /** Gives the bytes; each call unpacks the layer anew. Throws `blob.corrupt` where the archive changed meanwhile. */
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

const MAX_LINKS = 40;
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/**
 * Finds a file by its path in an image: the topmost layer that has it counts, whiteouts hide what lies below, links are
 * followed as in a container, so never out of the image. A file that a layer wrote through a symlinked folder is found
 * by the name that the layer has for it only. The layers are unpacked, and each that is looked at is held to its digest.
 * Throws `image-file.not-found`, `image-file.no-file`, `image-file.too-large` beyond `limitBytes`, `blob.corrupt`,
 * `blob.absent`, `layer.*`, `tar.*`. Specification: OCI image-spec, layer.md.
 */
export async function readImageFile(
  source: ImageSource,
  manifest: ManifestDocument,
  path: string,
  limitBytes: number,
): Promise<ImageFile> {
  const layers = manifest.layers.toReversed();
  let wanted: { readonly path: string; readonly layers: readonly Descriptor[] } = { path: inside(path), layers };
  for (let links = 0; links <= MAX_LINKS; links++) {
    const found = await search(source, wanted.path, wanted.layers);
    if (found === null) break;
    if ('next' in found) {
      wanted = { path: found.next, layers: found.layers ?? layers };
      continue;
    }
    const { entry, layer } = found;
    const { sizeBytes, mode, type } = entry.header;
    const place = `${source.name}: ${path}`;
    if (type !== 'file') throw new ForkwrightError('image-file.no-file', `it is a ${type}, not a file`, { place });
    if (sizeBytes > limitBytes) {
      throw new ForkwrightError('image-file.too-large', `the file has ${sizeBytes} bytes, ${limitBytes} is the limit`, {
        place,
      });
    }
    return { path: `/${wanted.path}`, sizeBytes, mode, bytes: () => readEntry(source, layer, entry) };
  }
  throw new ForkwrightError('image-file.not-found', `the image has no file ${JSON.stringify(path)}`, {
    place: source.name,
    hint: 'give its absolute path in the image',
  });
}

/** An entry of a layer that was read through once. */
interface FoundEntry {
  readonly header: TarHeader;
  /** How many entries come before it. */
  readonly ordinal: number;
  readonly sha256: string;
}

/** What one layer says about a path. */
interface LayerWord {
  readonly entry: FoundEntry | null;
  /** What the layer has in place of one of the path's folders. */
  readonly parent: { readonly path: string; readonly header: TarHeader } | null;
  readonly isHidden: boolean;
}

type Found =
  | { readonly entry: FoundEntry; readonly layer: Descriptor }
  /** A link: look for this path instead, in these layers or else in all. */
  | { readonly next: string; readonly layers?: readonly Descriptor[] };

/** `layers` from the top. */
async function search(source: ImageSource, path: string, layers: readonly Descriptor[]): Promise<Found | null> {
  for (const [index, layer] of layers.entries()) {
    const { entry, parent, isHidden } = await scanLayer(source, layer, path);
    if (entry?.header.type === 'symlink') return { next: follow(path, entry.header.linkName) };
    // A hardlink means what lay under that name when the layer was made.
    if (entry?.header.type === 'hardlink') return { next: inside(entry.header.linkName), layers: layers.slice(index) };
    if (entry !== null) return { entry, layer };
    if (parent?.header.type === 'symlink') {
      return { next: inside(`${follow(parent.path, parent.header.linkName)}/${path.slice(parent.path.length)}`) };
    }
    if (parent !== null || isHidden) return null;
  }
  return null;
}

async function scanLayer(source: ImageSource, layer: Descriptor, path: string): Promise<LayerWord> {
  let entry: FoundEntry | null = null;
  let parent: LayerWord['parent'] = null;
  let isHidden = false;
  let ordinal = 0;
  for await (const { header, body } of walkLayer(source, layer)) {
    const name = normaliseName(header.name);
    if (name !== null && isWhiteout(name)) isHidden ||= hides(name, path);
    else if (name === path) entry = { header, ordinal, sha256: await hashOf(body) };
    else if (name !== null && path.startsWith(`${name}/`)) {
      if (header.type !== 'directory') parent = { path: name, header };
      else if (parent?.path === name) parent = null;
    }
    ordinal++;
  }
  return { entry, parent, isHidden };
}

/** Reads a layer to its end; only then it is known to be the one that the manifest means. */
async function* walkLayer(source: ImageSource, layer: Descriptor): AsyncGenerator<TarStreamEntry> {
  const { algorithm, hex } = digestParts(layer.digest);
  const place = `${source.name}: ${blobPath(layer.digest)}`;
  const hash = createHash(algorithm);
  const stream = shareStream(tap(source.stream(layer.digest), (chunk) => hash.update(chunk)));
  try {
    const { unpack } = await openCompressed(stream.rest, place);
    // What does not change what the entries are is for `verify` to tell.
    yield* readTarStream(unpack(), () => undefined);
    await stream.drain();
  } finally {
    await stream.close();
  }
  if (hash.digest('hex') !== hex) throw new ForkwrightError('blob.corrupt', 'the layer is damaged', { place });
}

async function* readEntry(source: ImageSource, layer: Descriptor, entry: FoundEntry): AsyncGenerator<Uint8Array> {
  let ordinal = 0;
  for await (const { body } of walkLayer(source, layer)) {
    if (ordinal++ !== entry.ordinal) continue;
    const hash = createHash('sha256');
    yield* tap(body, (chunk) => hash.update(chunk));
    if (hash.digest('hex') === entry.sha256) return;
    break;
  }
  throw new ForkwrightError('blob.corrupt', 'the layer changed while it was read', {
    place: `${source.name}: ${blobPath(layer.digest)}`,
  });
}

async function hashOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body) hash.update(chunk);
  return hash.digest('hex');
}

function isWhiteout(name: string): boolean {
  return posix.basename(name).startsWith(WHITEOUT);
}

function hides(whiteout: string, path: string): boolean {
  const name = posix.basename(whiteout);
  const folder = inside(posix.dirname(whiteout));
  if (name === OPAQUE) return folder === '' || path.startsWith(`${folder}/`);
  const hidden = inside(`${folder}/${name.slice(WHITEOUT.length)}`);
  return path === hidden || path.startsWith(`${hidden}/`);
}

/** Where a symlink leads: `..` stops at the root, as it does for a process that lives there. */
function follow(link: string, target: string): string {
  return inside(target.startsWith('/') ? target : `${posix.dirname(link)}/${target}`);
}

function inside(path: string): string {
  return posix.normalize(`/${path}`).replaceAll(/^\/+|\/+$/g, '');
}
