import { createHash } from 'node:crypto';
import type { BlobPlace, ImageSource, Root } from '../../archive/read/image-source.ts';
import { ForkwrightError } from '../../errors.ts';
import { DEFAULT_LIMITS, type ReadLimits } from '../../limits.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestParts, type Digest } from '../../oci/digest.ts';
import { formatReference, type ImageReference } from '../../oci/reference.ts';
import type { Platform } from '../../platform/platform.ts';
import type { ManifestContent, Repository } from '../repository/repository.ts';
import { fetchDocuments, readWhole, type RegistryDocuments } from './registry-source-documents.ts';

export interface RegistrySourceOptions {
  /** What the user called the image. */
  readonly name: string;
  readonly signal: AbortSignal;
  readonly limits?: ReadLimits;
  /** Fetches only what may be of this platform; everything else counts as absent. Null for all. */
  readonly platform?: Platform | null;
  /** Whether what refers to the image by `subject` becomes further roots. */
  readonly takesReferrers?: boolean;
}

const CHUNK_BYTES = 1024 * 1024;

/** The tag of a name that has neither tag nor digest, as docker, crane and skopeo have it. */
export const DEFAULT_TAG = 'latest';

/**
 * Opens an image of a registry as a source: what is small is fetched now, several at once, layers when they are read. A
 * tag is looked up once; everything else goes by digest, so that a tag that moves meanwhile changes nothing. `reference`
 * is what the image is called, `repository` where it is had, which may be a mirror. Throws what the repository throws,
 * `archive.too-many`, and the signal's reason.
 */
export async function openRegistrySource(
  repository: Repository,
  reference: ImageReference,
  options: RegistrySourceOptions,
): Promise<ImageSource> {
  const { name, signal, limits = DEFAULT_LIMITS, platform = null, takesReferrers = false } = options;
  const root = await repository.readManifest(reference.digest ?? reference.tag ?? DEFAULT_TAG);
  const documents = await fetchDocuments(repository, root, { place: name, limits, signal, platform, takesReferrers });
  const places = listPlaces(documents);
  return {
    name,
    format: 'registry',
    compression: 'none',
    shape: {
      isFolder: false,
      compression: 'none',
      format: 'registry',
      hasManifestJson: false,
      hasIndexJson: false,
      hasLayerTars: false,
    },
    limits,
    sizeBytes: [...places.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    roots: [
      { descriptor: describeRoot(root), names: namesOf(reference) },
      ...documents.referrers.map((descriptor): Root => ({ descriptor, names: [] })),
    ],
    findings: [],
    mountFrom: { registry: repository.registry, name: repository.name },
    blob: (digest) => places.get(digest),
    blobs: () => places.values(),
    stream: (digest, fromByte = 0) => stream(repository, documents, digest, fromByte, name),
    read: (descriptor, maxBytes) => read(repository, documents, descriptor, maxBytes, name),
    close: () => Promise.resolve(),
  };
}

/** Places are called as the registry's interface calls them. Specification: OCI distribution-spec, end-2 and end-3. */
function listPlaces({ manifests, blobs }: RegistryDocuments): ReadonlyMap<Digest, BlobPlace> {
  const places = new Map<Digest, BlobPlace>();
  for (const { digest, bytes } of manifests.values()) {
    places.set(digest, { digest, sizeBytes: bytes.length, name: `manifests/${digest}`, offset: null });
  }
  for (const { digest, sizeBytes } of blobs.values()) {
    if (!places.has(digest)) places.set(digest, { digest, sizeBytes, name: `blobs/${digest}`, offset: null });
  }
  return places;
}

function describeRoot({ digest, mediaType, bytes }: ManifestContent): Descriptor {
  const nothing = { platform: null, annotations: {}, artifactType: null, urls: [], data: null };
  return { mediaType, digest, sizeBytes: bytes.length, ...nothing };
}

function namesOf(reference: ImageReference): readonly string[] {
  const { tag, digest } = reference;
  if (tag === null && digest !== null) return [];
  return [formatReference({ ...reference, tag: tag ?? DEFAULT_TAG, digest: null })];
}

async function* stream(
  repository: Repository,
  { manifests, configs, blobs }: RegistryDocuments,
  digest: Digest,
  fromByte: number,
  name: string,
): AsyncGenerator<Uint8Array> {
  const held = manifests.get(digest)?.bytes ?? configs.get(digest);
  const blob = blobs.get(digest);
  if (held !== undefined) {
    for (let start = fromByte; start < held.length; start += CHUNK_BYTES)
      yield held.subarray(start, start + CHUNK_BYTES);
  } else if (blob === undefined) throw absent(name, digest);
  else yield* repository.readBlob(blob, fromByte);
}

async function read(
  repository: Repository,
  { manifests, configs, blobs }: RegistryDocuments,
  { digest, sizeBytes }: Descriptor,
  maxBytes: number,
  name: string,
): Promise<Buffer> {
  const held = manifests.get(digest)?.bytes ?? configs.get(digest);
  if (held === undefined && !blobs.has(digest)) throw absent(name, digest);
  if (sizeBytes > maxBytes) {
    throw fault('blob.too-large', `${sizeBytes} bytes of JSON; more than ${maxBytes} are not read`, name, digest);
  }
  const bytes = held ?? (await readWhole(repository, { digest, sizeBytes })).bytes;
  if (bytes.length !== sizeBytes) {
    throw fault('blob.corrupt', `it has ${bytes.length} bytes, its descriptor says ${sizeBytes}`, name, digest);
  }
  const { algorithm, hex } = digestParts(digest);
  const actual = createHash(algorithm).update(bytes).digest('hex');
  if (actual === hex) return bytes;
  throw fault('blob.corrupt', `its bytes have the digest ${algorithm}:${actual}`, name, digest);
}

function absent(name: string, digest: Digest): ForkwrightError {
  return fault('blob.absent', 'the blob is not in the registry', name, digest);
}

function fault(code: string, text: string, name: string, digest: Digest): ForkwrightError {
  return new ForkwrightError(code, text, { place: `${name}: ${digest}` });
}
