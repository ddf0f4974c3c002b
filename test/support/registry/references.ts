import { isDigest, type Digest } from '../../../src/oci/digest.ts';
import { mediaKind, MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import { refusal, type Refusal } from './answer.ts';

export interface Reference {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** What a manifest or an index says of itself and refers to. */
export interface ManifestFacts {
  readonly mediaType: string;
  readonly blobs: readonly Reference[];
  readonly manifests: readonly Reference[];
  readonly subject: Digest | null;
  readonly artifactType: string | null;
  readonly annotations: unknown;
}

type Json = Readonly<Record<string, unknown>>;

/** Reads a manifest as a strict registry does. Throws MANIFEST_INVALID. */
export function readManifest(bytes: Buffer): ManifestFacts {
  const document = parseObject(bytes);
  if (document['schemaVersion'] !== 2) throw invalid('schemaVersion is not 2');
  const isIndex = Array.isArray(document['manifests']);
  const mediaType = document['mediaType'] ?? (isIndex ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.ociManifest);
  if (typeof mediaType !== 'string') throw invalid('mediaType is not a text');
  const { kind } = mediaKind(mediaType);
  if (kind !== (isIndex ? 'index' : 'manifest')) throw invalid(`mediaType is ${mediaType}`);
  if (isIndex && (document['config'] !== undefined || document['layers'] !== undefined)) {
    throw invalid('an index with config or layers');
  }
  const config = isIndex ? [] : [readReference(document['config'])];
  const layers = isIndex ? [] : asList(document['layers']).filter((layer) => !isForeign(layer));
  const artifactType = document['artifactType'] ?? (isIndex ? null : asObject(document['config'])['mediaType']);
  return {
    mediaType,
    blobs: [...config, ...layers.map(readReference)],
    manifests: isIndex ? asList(document['manifests']).map(readReference) : [],
    subject: document['subject'] === undefined ? null : readReference(document['subject']).digest,
    artifactType: typeof artifactType === 'string' ? artifactType : null,
    annotations: document['annotations'],
  };
}

function parseObject(bytes: Buffer): Json {
  try {
    return asObject(JSON.parse(bytes.toString()));
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid('not JSON');
    throw error;
  }
}

function readReference(value: unknown): Reference {
  const { digest, size, mediaType } = asObject(value);
  if (!isDigest(digest)) throw invalid(`a descriptor with the digest ${JSON.stringify(digest)}`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw invalid(`${digest} without a size`);
  if (typeof mediaType !== 'string' || mediaType === '') throw invalid(`${digest} without a mediaType`);
  return { digest, sizeBytes: size };
}

/** Layers that a client fetches from elsewhere need not be in the registry. */
function isForeign(layer: unknown): boolean {
  const { mediaType, urls } = asObject(layer);
  const kind = typeof mediaType === 'string' ? mediaKind(mediaType) : null;
  return (kind?.kind === 'layer' && kind.isForeign) || (Array.isArray(urls) && urls.length > 0);
}

function asObject(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('no object where one should be');
  return Object.fromEntries(Object.entries(value));
}

function asList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid('no list where one should be');
  return value;
}

function invalid(detail: string): Refusal {
  return refusal(400, 'MANIFEST_INVALID', 'manifest invalid', { detail });
}
