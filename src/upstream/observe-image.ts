import { isAttestation } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageReference } from '../oci/reference.ts';
import { parseGraphDocument } from '../oci/parse-manifest.ts';
import { parseStrictJson } from '../oci/strict-json.ts';
import { formatPlatform } from '../platform/platform.ts';
import type { Repository } from '../registry/repository/repository.ts';
import type { ImageObservation } from './observation.ts';

/** The part of a repository that is read. */
export type ImageRepository = Pick<Repository, 'registry' | 'name' | 'headManifest' | 'readManifest'>;

/**
 * Asks a registry what a tag points to: one HEAD where that is what `before` has, else also the index by its digest. The
 * tag is `latest` where the name has none. Throws what the repository's methods throw, and `index.malformed` and the like.
 */
export async function observeImage(
  reference: ImageReference,
  repository: ImageRepository,
  before: ImageObservation | null,
  now: string,
): Promise<ImageObservation> {
  const head = await repository.headManifest(reference.tag ?? reference.digest ?? 'latest');
  if (head === null) return { observedAt: now, digest: null, manifests: [] };
  if (head.digest === before?.digest) return { ...before, observedAt: now };
  return { observedAt: now, digest: head.digest, manifests: await readManifests(head.digest, repository) };
}

/** Reads the manifests that an index has for platforms; none where the digest is of a manifest itself. */
export async function readManifests(
  digest: Digest,
  repository: ImageRepository,
): Promise<ImageObservation['manifests']> {
  const { bytes, mediaType } = await repository.readManifest(digest);
  const place = `${repository.registry}/${repository.name}@${digest}`;
  const { kind, document } = parseGraphDocument(parseStrictJson(bytes, place), mediaType, place);
  if (kind === 'manifest') return [];
  return document.manifests.flatMap((child) =>
    child.platform === null || isAttestation(child) || child.platform.os === 'unknown'
      ? []
      : [{ platform: formatPlatform(child.platform), digest: child.digest }],
  );
}
