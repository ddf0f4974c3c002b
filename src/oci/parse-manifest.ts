import { ForkwrightError } from '../errors.ts';
import { DEFAULT_LIMITS, type ReadLimits } from '../limits.ts';
import {
  asInteger,
  asObject,
  asTextOrNull,
  asTextRecord,
  elements,
  isGiven,
  malformed,
  member,
  placeOf,
} from './json-spot.ts';
import type { JsonSpot } from './json-spot.ts';
import type { IndexDocument, ManifestDocument } from './manifest.ts';
import { MEDIA_TYPE, mediaKind } from './media-type.ts';
import { parseDescriptor } from './parse-descriptor.ts';
import type { JsonValue } from './strict-json.ts';

type Limits = Pick<ReadLimits, 'manifests' | 'layers'>;

/** What a document of the graph turned out to be. */
export type GraphDocument =
  | { readonly kind: 'index'; readonly document: IndexDocument }
  | { readonly kind: 'manifest'; readonly document: ManifestDocument };

/**
 * Reads a document that is an index or a manifest. `mediaType` is what the descriptor says, '' where it says nothing.
 * What the document says of itself must agree, and it must not look like both: CVE-2021-41190. Throws `index.malformed`,
 * `manifest.malformed`, or what `parseDescriptor` throws.
 */
export function parseGraphDocument(
  value: JsonValue,
  mediaType: string,
  place: string,
  limits: Limits = DEFAULT_LIMITS,
): GraphDocument {
  const root = { value, path: '', place, code: 'manifest.malformed' };
  const isIndex = asObject(root).has('manifests');
  const expected = mediaKind(mediaType).kind;
  if (expected === 'index' || (expected !== 'manifest' && isIndex)) {
    return { kind: 'index', document: parseIndex(value, mediaType, place, limits) };
  }
  return { kind: 'manifest', document: parseManifest(value, mediaType, place, limits) };
}

/**
 * Reads an image index or Docker manifest list; `mediaType` as for `parseGraphDocument`. Throws `index.malformed`, or
 * what `parseDescriptor` throws. Specification: OCI image-spec, image-index.md.
 */
export function parseIndex(
  value: JsonValue,
  mediaType: string,
  place: string,
  { manifests: limit }: Limits = DEFAULT_LIMITS,
): IndexDocument {
  const root = { value, path: '', place, code: 'index.malformed' };
  const list = member(root, 'manifests');
  if (list.value === undefined) throw malformed(list, 'a list of manifests');
  refuseKeys(root, ['config', 'layers', 'fsLayers', 'history'], 'an index');
  const manifests = elements(list);
  if (manifests.length > limit) throw tooMany(list, manifests.length, limit);
  return { ...parseHead(root, 'index', mediaType, MEDIA_TYPE.ociIndex), manifests: manifests.map(parseDescriptor) };
}

/**
 * Reads an image manifest; `mediaType` as for `parseGraphDocument`. Throws `manifest.malformed`, or what
 * `parseDescriptor` throws. Specification: OCI image-spec, manifest.md.
 */
export function parseManifest(
  value: JsonValue,
  mediaType: string,
  place: string,
  { layers: limit }: Limits = DEFAULT_LIMITS,
): ManifestDocument {
  const root = { value, path: '', place, code: 'manifest.malformed' };
  refuseKeys(root, ['manifests', 'fsLayers'], 'an image manifest');
  const list = member(root, 'layers');
  const layers = elements(list);
  if (layers.length > limit) throw tooMany(list, layers.length, limit);
  return {
    ...parseHead(root, 'manifest', mediaType, MEDIA_TYPE.ociManifest),
    config: parseDescriptor(member(root, 'config')),
    layers: layers.map(parseDescriptor),
  };
}

function parseHead(root: JsonSpot, kind: 'index' | 'manifest', declared: string, fallback: string) {
  const version = member(root, 'schemaVersion');
  if (asInteger(version) !== 2) throw malformed(version, 'schema version 2');
  const ownSpot = member(root, 'mediaType');
  const own = asTextOrNull(ownSpot) ?? '';
  const mediaType = own || declared || fallback;
  if (mediaKind(mediaType).kind !== kind)
    throw malformed(ownSpot, `the media type of an ${kind === 'index' ? 'index' : 'image manifest'}`);
  if (own !== '' && declared !== '' && own !== declared)
    throw malformed(ownSpot, `${declared}, as its descriptor says,`);
  const subject = member(root, 'subject');
  return {
    mediaType,
    annotations: asTextRecord(member(root, 'annotations')),
    artifactType: asTextOrNull(member(root, 'artifactType')),
    subject: isGiven(subject) ? parseDescriptor(subject) : null,
  };
}

function refuseKeys(root: JsonSpot, keys: readonly string[], what: string): void {
  const document = asObject(root);
  const found = keys.find((key) => document.has(key));
  if (found === undefined) return;
  throw new ForkwrightError(
    root.code,
    `${what} with the key ${JSON.stringify(found)} is understood differently by different readers`,
    {
      place: placeOf(member(root, found)),
    },
  );
}

function tooMany(spot: JsonSpot, count: number, limit: number): ForkwrightError {
  return new ForkwrightError(spot.code, `${count} entries; more than ${limit} are not read`, { place: placeOf(spot) });
}
