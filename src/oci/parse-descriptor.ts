import { createHash } from 'node:crypto';
import { ForkwrightError } from '../errors.ts';
import { normalisePlatform } from '../platform/normalise.ts';
import type { Platform } from '../platform/platform.ts';
import type { Descriptor } from './descriptor.ts';
import { digestParts, parseDigest, type Digest } from './digest.ts';
import {
  asInteger,
  asText,
  asTextOrNull,
  asTextRecord,
  asTexts,
  isGiven,
  malformed,
  member,
  placeOf,
  type JsonSpot,
} from './json-spot.ts';

/**
 * Reads a descriptor. A missing media type is '': skopeo leaves it out of index.json, and what the blob is then decides.
 * Throws `descriptor.malformed`, `digest.malformed`, and `descriptor.data-mismatch` where the embedded `data` is not
 * what the digest and size say. Specification: OCI image-spec, descriptor.md.
 */
export function parseDescriptor(at: JsonSpot): Descriptor {
  const spot = { ...at, code: 'descriptor.malformed' };
  if (!isGiven(spot)) throw malformed(spot, 'a descriptor');
  const digestSpot = member(spot, 'digest');
  const digest = parseDigest(digestSpot.value, placeOf(digestSpot));
  const sizeSpot = member(spot, 'size');
  const sizeBytes = asInteger(sizeSpot);
  if (sizeBytes < 0) throw malformed(sizeSpot, 'a size');
  return {
    mediaType: asTextOrNull(member(spot, 'mediaType')) ?? '',
    digest,
    sizeBytes,
    platform: parsePlatform(member(spot, 'platform')),
    annotations: asTextRecord(member(spot, 'annotations')),
    artifactType: asTextOrNull(member(spot, 'artifactType')),
    urls: asTexts(member(spot, 'urls')),
    data: parseData(member(spot, 'data'), digest, sizeBytes),
  };
}

/** Reads the keys that descriptors and configs share for a platform; null where the spot is empty. */
export function parsePlatform(spot: JsonSpot): Platform | null {
  if (!isGiven(spot)) return null;
  return normalisePlatform({
    os: asTextOrNull(member(spot, 'os')) ?? '',
    architecture: asTextOrNull(member(spot, 'architecture')) ?? '',
    variant: asTextOrNull(member(spot, 'variant')) ?? '',
    osVersion: asTextOrNull(member(spot, 'os.version')) ?? '',
    osFeatures: asTexts(member(spot, 'os.features')),
  });
}

function parseData(spot: JsonSpot, digest: Digest, sizeBytes: number): Buffer | null {
  if (!isGiven(spot)) return null;
  const text = asText(spot);
  const data = Buffer.from(text, 'base64');
  // Buffer skips what is not base64; encoding it again shows whether anything was skipped.
  if (data.toString('base64') !== text) throw malformed(spot, 'base64');
  const { algorithm, hex } = digestParts(digest);
  if (data.length === sizeBytes && createHash(algorithm).update(data).digest('hex') === hex) return data;
  throw new ForkwrightError('descriptor.data-mismatch', `the embedded data is not the blob ${digest}`, {
    place: placeOf(spot),
  });
}
