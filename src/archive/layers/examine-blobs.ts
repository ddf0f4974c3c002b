import { createHash } from 'node:crypto';
import pMap from 'p-map';
import type { Finding } from '../../finding.ts';
import type { ImageSet } from '../../image/image-set.ts';
import { walkSet } from '../../image/walk.ts';
import { digestParts, parseDigest, type Digest } from '../../oci/digest.ts';
import { mediaKind } from '../../oci/media-type.ts';
import type { Compression } from '../stream/decompress.ts';
import type { BlobPlace, ImageSource } from '../read/image-source.ts';
import { shareStream, tap } from '../stream/shared-stream.ts';
import { examineLayer, type OnLayerEntry } from './examine-layer.ts';

/** What was found out about a blob by reading all of it. */
export interface BlobFacts {
  /** As the archive calls it. */
  readonly digest: Digest;
  /** What its bytes hash to. */
  readonly actualDigest: Digest;
  readonly sizeBytes: number;
  /** Of a layer: the digest of the decompressed bytes; null where it could not be decompressed, and for all else. */
  readonly diffId: Digest | null;
  /** What its first bytes say; null for a blob that is no layer. */
  readonly compression: Compression | null;
  /** What is wrong inside of a layer; that a digest is not right is not among them. */
  readonly findings: readonly Finding[];
}

export interface ExamineOptions {
  readonly signal: AbortSignal;
  /** Told of every piece of the archive that was read. */
  readonly onBytes: (bytes: number) => void;
  /** Told of every entry of every layer, a layer's entries in their order; layers may come interleaved. */
  readonly onLayerEntry?: OnLayerEntry;
}

const PARALLEL = 2;

/**
 * Reads every blob that is there once, in the order of the archive, and gives the facts in the same order. Layers (as the
 * set's manifests call them) are unpacked and walked as well. Throws `archive.read-failed`, and the signal's reason.
 */
export async function examineBlobs(
  source: ImageSource,
  set: ImageSet,
  options: ExamineOptions,
): Promise<readonly BlobFacts[]> {
  const layers = layersOf(set);
  const examine = (place: BlobPlace) => examineBlob(source, place, layers.has(place.digest), options);
  return pMap(source.blobs(), examine, { concurrency: PARALLEL });
}

function layersOf(set: ImageSet): ReadonlySet<Digest> {
  const manifests = walkSet(set).flatMap(({ node }) => (node.kind === 'image' ? [node.manifest] : []));
  const layers = manifests.flatMap((manifest) => manifest.layers);
  return new Set(layers.filter(({ mediaType }) => mediaKind(mediaType).kind === 'layer').map(({ digest }) => digest));
}

async function examineBlob(
  source: ImageSource,
  { digest, name }: BlobPlace,
  isLayer: boolean,
  { signal, onBytes, onLayerEntry }: ExamineOptions,
): Promise<BlobFacts> {
  const { algorithm } = digestParts(digest);
  const hash = createHash(algorithm);
  let sizeBytes = 0;
  const stream = shareStream(
    tap(source.stream(digest), (chunk) => {
      signal.throwIfAborted();
      hash.update(chunk);
      sizeBytes += chunk.length;
      onBytes(chunk.length);
    }),
  );
  const place = `${source.name}: ${name}`;
  try {
    const layer = isLayer ? await examineLayer(stream.rest, digest, place, onLayerEntry, source.limits) : null;
    await stream.drain();
    const actualDigest = parseDigest(`${algorithm}:${hash.digest('hex')}`, place);
    const { diffId = null, compression = null, findings = [] } = layer ?? {};
    return { digest, actualDigest, sizeBytes, diffId, compression, findings };
  } finally {
    await stream.close();
  }
}
