import { ForkwrightError } from '../errors.ts';
import { isAttestation, type Descriptor } from '../oci/descriptor.ts';
import type { IndexDocument } from '../oci/manifest.ts';
import { mediaKind } from '../oci/media-type.ts';
import { parseGraphDocument } from '../oci/parse-manifest.ts';
import { parseStrictJson } from '../oci/strict-json.ts';
import { formatPlatform } from '../platform/platform.ts';
import type { ManifestContent, Repository } from '../registry/repository/repository.ts';
import type { PublishedImage, PublishedTarget } from './published-image.ts';
import { readRecord } from './record.ts';

/**
 * Gives what a registry has under a tag or digest, by one request; null where it has no such manifest. `name` is what the
 * image is called. A single manifest does not say its platform: none is given then. Throws what the repository throws but
 * `registry.not-found`, and `index.malformed` and the like for what is no image.
 */
export async function readPublished(
  name: string,
  reference: string,
  repository: Pick<Repository, 'readManifest'>,
): Promise<PublishedImage | null> {
  const content = await orNull(repository.readManifest(reference));
  return content === null ? null : parsePublished(name, content);
}

/** Gives what the bytes of an index or manifest say of an image called `name`. Throws `index.malformed` and the like. */
export function parsePublished(name: string, { bytes, mediaType, digest }: ManifestContent): PublishedImage {
  const { kind, document } = parseGraphDocument(parseStrictJson(bytes, name), mediaType, name);
  return { name, digest, platforms: kind === 'index' ? listTargets(document) : new Map() };
}

// image-spec, image-index.md: clients should take the first of several that fit.
function listTargets({ manifests }: IndexDocument): ReadonlyMap<string, PublishedTarget> {
  const targets = new Map<string, PublishedTarget>();
  for (const child of manifests) {
    const platform = runsOn(child);
    if (platform === null || targets.has(platform)) continue;
    targets.set(platform, { digest: child.digest, record: readRecord(child.annotations) });
  }
  return targets;
}

/** Null for what is nothing to run: attestations, artifacts, indexes in the index. */
function runsOn(child: Descriptor): string | null {
  const { platform, mediaType } = child;
  if (platform === null || isAttestation(child) || mediaKind(mediaType).kind !== 'manifest') return null;
  if (platform.os === '' || platform.os === 'unknown' || platform.arch === '') return null;
  return formatPlatform(platform);
}

async function orNull(asking: Promise<ManifestContent>): Promise<ManifestContent | null> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof ForkwrightError && error.code === 'registry.not-found') return null;
    throw error;
  }
}
