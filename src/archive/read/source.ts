import { createHash } from 'node:crypto';
import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import type { ContainerShape } from '../../image/verify/consumers.ts';
import type { ReadLimits } from '../../limits.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { blobPath, digestParts, type Digest } from '../../oci/digest.ts';
import { digestOfName } from './blob-name.ts';
import type { Container, ContainerFile } from './container.ts';
import type { ArchiveFormat, BlobPlace, ImageSource, Root } from './image-source.ts';

export interface SourceParts {
  readonly container: Container;
  readonly format: ArchiveFormat;
  readonly roots: readonly Root[];
  readonly findings: readonly Finding[];
  /** Blobs that a reader made itself, for formats that lack them, with the name of what they were made from. */
  readonly madeBlobs: ReadonlyMap<Digest, { readonly name: string; readonly bytes: Buffer }>;
  /** Files that are blobs although their names do not say so. */
  readonly files: ReadonlyMap<Digest, ContainerFile>;
  /** Whether an entry is part of the format besides those of an OCI layout; null where everything may be in it. */
  readonly isPart: ((name: string) => boolean) | null;
  readonly limits: ReadLimits;
}

const FILES = new Set(['oci-layout', 'index.json', 'manifest.json', 'repositories']);
const FOLDERS = new Set(['blobs', 'blobs/sha256', 'blobs/sha512']);

/** Makes the source of what a reader found in a container. */
export function createImageSource(parts: SourceParts): ImageSource {
  const { container, format, roots, findings, madeBlobs, limits } = parts;
  const files = listBlobs(container, parts.files);
  const made = new Map([...madeBlobs].filter(([digest]) => !files.has(digest)));
  const places = new Map<Digest, BlobPlace>();
  for (const [digest, { name, sizeBytes, offset }] of files) places.set(digest, { digest, sizeBytes, name, offset });
  for (const [digest, { name, bytes }] of made) {
    places.set(digest, { digest, sizeBytes: bytes.length, name, offset: null });
  }

  async function* stream(digest: Digest, fromByte = 0): AsyncGenerator<Uint8Array> {
    const own = made.get(digest);
    const file = files.get(digest);
    if (own !== undefined) yield own.bytes.subarray(fromByte);
    else if (file === undefined) throw absent(container.name, digest);
    else yield* container.stream(file, fromByte);
  }

  return {
    name: container.name,
    format,
    compression: container.compression,
    shape: describeShape(container, format),
    limits,
    sizeBytes: container.sizeBytes,
    roots,
    findings: [
      ...container.findings,
      ...findings,
      ...(parts.isPart === null ? [] : judgeNames(container, parts.isPart)),
    ],
    blob: (digest) => places.get(digest),
    blobs: () => places.values(),
    stream,
    async read(descriptor, maxBytes) {
      const place = places.get(descriptor.digest);
      if (place === undefined) throw absent(container.name, descriptor.digest);
      if (place.sizeBytes === descriptor.sizeBytes && place.sizeBytes > maxBytes) {
        throw fault(
          container.name,
          'blob.too-large',
          place,
          `${place.sizeBytes} bytes of JSON; more than ${maxBytes} are not read`,
        );
      }
      if (place.sizeBytes !== descriptor.sizeBytes) {
        const text = `it has ${place.sizeBytes} bytes, its descriptor says ${descriptor.sizeBytes}`;
        throw fault(container.name, 'blob.corrupt', place, text);
      }
      const bytes = Buffer.alloc(place.sizeBytes);
      let filled = 0;
      for await (const chunk of stream(place.digest)) {
        bytes.set(chunk, filled);
        filled += chunk.length;
      }
      const actual = hashAs(descriptor, bytes);
      if (actual === descriptor.digest) return bytes;
      throw fault(container.name, 'blob.corrupt', place, `its bytes have the digest ${actual}`);
    },
    close: () => container.close(),
  };
}

function describeShape({ kind, compression, names }: Container, format: ArchiveFormat): ContainerShape {
  return {
    isFolder: kind === 'folder',
    compression,
    format,
    hasManifestJson: format !== 'dir' && names.includes('manifest.json'),
    hasIndexJson: names.includes('index.json'),
    hasLayerTars: names.includes('repositories') && names.some((name) => /^[^/]+\/layer\.tar$/.test(name)),
  };
}

/** By offset in an archive, by name in a folder: the order in which reading them is quick. */
function listBlobs(
  container: Container,
  others: ReadonlyMap<Digest, ContainerFile>,
): ReadonlyMap<Digest, ContainerFile> {
  const found: (readonly [Digest, ContainerFile])[] = [...others];
  for (const name of container.names) {
    const digest = digestOfName(name);
    const file = digest === null ? undefined : container.file(name);
    if (digest !== null && file !== undefined) found.push([digest, file]);
  }
  return new Map(found.toSorted(([, a], [, b]) => (a.offset ?? 0) - (b.offset ?? 0)));
}

function isKnown(name: string): boolean {
  return FILES.has(name) || digestOfName(name) !== null;
}

function judgeNames(container: Container, isPart: (name: string) => boolean): readonly Finding[] {
  const findings: Finding[] = [];
  for (const name of container.names) {
    if (!isKnown(name) || container.file(name) !== undefined) continue;
    const text = 'neither a file nor a link to one in the archive';
    findings.push({
      code: 'archive.no-file',
      severity: 'error',
      place: `${container.name}: ${name}`,
      text,
      hint: null,
    });
  }
  const extra = container.names.filter((name) => !FOLDERS.has(name) && !isKnown(name) && !isPart(name));
  const [first] = extra;
  if (first !== undefined) {
    const names = `${extra
      .slice(0, 3)
      .map((name) => JSON.stringify(name))
      .join(', ')}${extra.length > 3 ? ', …' : ''}`;
    const text =
      extra.length === 1
        ? 'an entry that is no part of an image'
        : `${extra.length} entries that are no part of an image: ${names}`;
    findings.push({
      code: 'archive.extra-entry',
      severity: 'warning',
      place: `${container.name}: ${first}`,
      text,
      hint: null,
    });
  }
  return findings;
}

function hashAs({ digest }: Pick<Descriptor, 'digest'>, bytes: Buffer): string {
  const { algorithm } = digestParts(digest);
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

function absent(archive: string, digest: Digest): ForkwrightError {
  return new ForkwrightError('blob.absent', 'the blob is not in the archive', {
    place: `${archive}: ${blobPath(digest)}`,
  });
}

function fault(archive: string, code: string, place: BlobPlace, text: string): ForkwrightError {
  return new ForkwrightError(code, text, { place: `${archive}: ${place.name}` });
}
