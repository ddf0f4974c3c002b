import { createHash } from 'node:crypto';
import { ForkwrightError } from '../../errors.ts';
import { DEFAULT_LIMITS } from '../../limits.ts';
import { digestParts, isDigest, type Digest } from '../../oci/digest.ts';
import { MEDIA_TYPE } from '../../oci/media-type.ts';
import { parseStrictJson } from '../../oci/strict-json.ts';
import { makeFailure, type Operation } from '../connection/failure.ts';
import type { HostAnswer } from '../connection/host.ts';
import { readBytes } from '../connection/read-bytes.ts';
import { discard, readRefusal } from '../connection/refusal.ts';
import { judgeRefusal } from '../connection/failure.ts';
import { operate, pathOf, pushScope, type Remote } from './remote.ts';
import type { ManifestContent, ManifestHead } from './repository.ts';

const ACCEPT = [
  MEDIA_TYPE.ociIndex,
  MEDIA_TYPE.dockerIndex,
  MEDIA_TYPE.ociManifest,
  MEDIA_TYPE.dockerManifest,
  // A registry may keep something else under a name; what it is, is said by whoever wanted an image.
  '*/*;q=0.1',
].join(', ');
const UNTYPED = new Set(['', 'application/json', 'text/plain', 'application/octet-stream']);
// distribution-spec, error codes; distribution says the second one of an index's children.
const INCOMPLETE: ReadonlySet<string> = new Set(['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_UNKNOWN', 'BLOB_UNKNOWN']);

/** As in `Repository.headManifest`. */
export async function headManifest(remote: Remote, reference: string): Promise<ManifestHead | null> {
  const head = await operate(remote, `looking for the manifest ${reference}`, 0, async (operation) => {
    const answer = await remote.host.exchange(readCall(remote, reference, 'HEAD', [200, 404]), operation);
    await discard(answer);
    if (answer.status === 404) return null;
    const digest = readDigestHeader(answer, reference, operation);
    const length = answer.header('content-length') ?? '';
    const mediaType = readMediaType(answer);
    if (digest === null || !/^\d+$/.test(length) || UNTYPED.has(mediaType)) return 'silent';
    return { digest, sizeBytes: Number(length), mediaType };
  });
  if (head !== 'silent') return head;
  // Some registries say less to HEAD; then the manifest itself does.
  const { bytes, digest, mediaType } = await readManifest(remote, reference);
  return { digest, sizeBytes: bytes.length, mediaType };
}

/** As in `Repository.readManifest`. */
export async function readManifest(remote: Remote, reference: string): Promise<ManifestContent> {
  return operate(remote, `reading the manifest ${reference}`, DEFAULT_LIMITS.jsonBytes, async (operation) => {
    const answer = await remote.host.exchange(readCall(remote, reference, 'GET', [200]), operation);
    const bytes = await readBytes(answer, DEFAULT_LIMITS.jsonBytes, operation, answer.url.host);
    const claimed = readDigestHeader(answer, reference, operation);
    const digest = digestLike(claimed ?? 'sha256:', bytes);
    if (claimed !== null && digest !== claimed) {
      throw makeFailure('registry.bad-content', operation, `its bytes have the digest ${digest}, not ${claimed}`, null);
    }
    return { bytes, digest, mediaType: settleMediaType(readMediaType(answer), bytes, operation) };
  });
}

function readCall(remote: Remote, reference: string, method: 'GET' | 'HEAD', accept: readonly number[]) {
  const target = pathOf(remote, `manifests/${reference}`);
  return { method, target, scopes: [remote.readScope], headers: { accept: ACCEPT }, accept };
}

/** The digest that a manifest has to have: by its name, or what the registry says; null where neither says one. */
function readDigestHeader(answer: HostAnswer, reference: string, operation: Operation): Digest | null {
  const header = answer.header('docker-content-digest');
  const said = isDigest(header) ? header : null;
  if (!isDigest(reference)) return said;
  if (said !== null && digestParts(said).algorithm === digestParts(reference).algorithm && said !== reference) {
    throw makeFailure('registry.bad-content', operation, `the registry answered with ${said}`, null);
  }
  return reference;
}

function digestLike(wanted: string, bytes: Buffer): Digest {
  const algorithm = wanted.startsWith('sha512:') ? 'sha512' : 'sha256';
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

function readMediaType(answer: HostAnswer): string {
  return (answer.header('content-type') ?? '').replace(/;.*/s, '').trim().toLowerCase();
}

/** What header and document say must agree, or readers would take one thing for two: CVE-2021-41190. */
function settleMediaType(header: string, bytes: Buffer, operation: Operation): string {
  const said = UNTYPED.has(header) ? '' : header;
  // Docker's first schema carries signatures and is no plain JSON; its type says enough.
  if (said.endsWith('+prettyjws')) return said;
  const value = parseStrictJson(bytes, operation.place);
  const own = value instanceof Map ? value.get('mediaType') : undefined;
  const inside = typeof own === 'string' ? own : '';
  if (said === '' || inside === '' || said === inside) return said || inside;
  throw makeFailure('registry.bad-content', operation, `it is sent as ${said} and calls itself ${inside}`, null);
}

/**
 * Puts a manifest under a reference; whether the registry takes its subject into a list of referrers is given. Throws
 * `registry.incomplete` where the registry misses what it refers to.
 */
export async function putManifest(
  remote: Remote,
  manifest: ManifestContent,
  reference: string,
): Promise<{ readonly hasTakenSubject: boolean }> {
  const { bytes, mediaType, digest } = manifest;
  return operate(remote, `writing the manifest ${reference}`, bytes.length, async (operation) => {
    const answer = await remote.host.exchange(
      {
        method: 'PUT',
        target: pathOf(remote, `manifests/${reference}`),
        scopes: [pushScope(remote.name)],
        headers: { 'content-type': mediaType },
        body: { sizeBytes: bytes.length, open: () => [bytes], onSent: () => undefined },
        accept: [200, 201, 202, 204, 400, 404],
      },
      operation,
    );
    if (answer.status >= 400) throw await judgePut(remote, answer, operation);
    await discard(answer);
    const said = answer.header('docker-content-digest');
    if (isDigest(said) && said !== digest && said !== digestLike(said, bytes)) {
      throw makeFailure('registry.bad-content', operation, `the registry took it for ${said}, not ${digest}`, null);
    }
    return { hasTakenSubject: answer.header('oci-subject') !== null };
  });
}

async function judgePut(remote: Remote, answer: HostAnswer, operation: Operation): Promise<ForkwrightError> {
  const refusal = await readRefusal(answer, []);
  if (!INCOMPLETE.has(refusal.code)) return judgeRefusal(refusal, operation, remote.registry, null);
  const why = `the registry misses what it refers to: ${refusal.text}`;
  return makeFailure('registry.incomplete', operation, why, 'push it again: what is missing is sent then');
}
