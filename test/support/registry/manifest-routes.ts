import { digestOf, isDigest } from '../../../src/oci/digest.ts';
import { answer, contentLength, readBody, refusal, type Answer, type Exchange, type Refusal } from './answer.ts';
import { requireReference } from './names.ts';
import { readManifest } from './references.ts';
import { findManifest, hashLike, missingFrom, repositoryOf } from './storage.ts';
import type { World } from './world.ts';

/** distribution-spec "Pushing Manifests": a registry must take 4 MiB, and may refuse more. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** GET and HEAD of a manifest, where its type is among those that are asked for by name, as distribution holds it. */
export function readManifestRoute(world: World, exchange: Exchange, name: string, text: string): Answer {
  const reference = requireReference(text);
  const repository = world.storage.get(name);
  const found = repository === undefined ? undefined : findManifest(repository, reference);
  if (found === undefined) throw manifestUnknown(reference);
  const { digest, manifest } = found;
  const accepted = (exchange.headers.accept ?? '').split(',').map((type) => type.replace(/;.*$/, '').trim());
  if (!accepted.includes(manifest.mediaType)) {
    throw refusal(404, 'MANIFEST_UNKNOWN', `${manifest.mediaType} found, but accept header does not support it`);
  }
  const headers = { 'content-type': manifest.mediaType, 'docker-content-digest': digest, etag: `"${digest}"` };
  return answer(200, headers, manifest.bytes);
}

/** PUT: takes a manifest whose content is there. */
export async function putManifest(world: World, exchange: Exchange, name: string, text: string): Promise<Answer> {
  const reference = requireReference(text);
  const length = contentLength(exchange);
  if (length === null && world.options.takesStreams !== true) {
    world.violate('PUT of a manifest without Content-Length');
    throw refusal(411, 'SIZE_INVALID', 'Content-Length is required');
  }
  const bytes = await readBody(exchange);
  if (bytes.length > MAX_MANIFEST_BYTES) throw refusal(413, 'SIZE_INVALID', 'manifest larger than 4 MiB');
  const facts = readManifest(bytes);
  const type = exchange.headers['content-type'];
  if (type !== facts.mediaType) {
    world.violate(`PUT of ${facts.mediaType} with the Content-Type ${type ?? '(none)'}`);
    throw refusal(400, 'MANIFEST_INVALID', 'manifest invalid', { detail: `Content-Type is not ${facts.mediaType}` });
  }
  const digest = isDigest(reference) ? hashLike(reference, bytes) : digestOf(bytes);
  if (isDigest(reference) && digest !== reference) {
    world.violate(`PUT of ${digest} as ${reference}`);
    throw refusal(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', { detail: reference });
  }
  const repository = repositoryOf(world.storage, name);
  const missing = missingFrom(repository, facts);
  if (missing.length > 0) {
    const what = isDigest(reference) ? `manifest ${digest}` : `tag ${reference}`;
    world.violate(`PUT of the ${what} before ${missing.join(', ')}`);
    if (world.options.takesIncomplete !== true) {
      throw refusal(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry', { detail: missing });
    }
  }
  repository.manifests.set(digest, { bytes, mediaType: facts.mediaType });
  if (!isDigest(reference)) repository.tags.set(reference, digest);
  const hasSubject = facts.subject !== null && world.options.hasReferrers !== false;
  return answer(201, {
    location: `/v2/${name}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...(hasSubject ? { 'oci-subject': facts.subject } : {}),
  });
}

/** DELETE: of a tag alone, or of a manifest with its tags. */
export function deleteManifest(world: World, name: string, text: string): Answer {
  const reference = requireReference(text);
  const repository = world.storage.get(name);
  if (!isDigest(reference)) {
    if (repository?.tags.delete(reference) === true) return answer(202);
    throw manifestUnknown(reference);
  }
  if (repository?.manifests.delete(reference) !== true) throw manifestUnknown(reference);
  for (const [tag, digest] of repository.tags) if (digest === reference) repository.tags.delete(tag);
  return answer(202);
}

function manifestUnknown(reference: string): Refusal {
  return refusal(404, 'MANIFEST_UNKNOWN', 'manifest unknown', {
    detail: isDigest(reference) ? { Digest: reference } : { Tag: reference },
  });
}
