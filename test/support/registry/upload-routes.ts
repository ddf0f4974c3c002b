import type { Digest } from '../../../src/oci/digest.ts';
import { answer, contentLength, refusal, type Answer, type Exchange } from './answer.ts';
import { writeLocation } from './location.ts';
import { requireDigest, requireName } from './names.ts';
import { hashLike, repositoryOf } from './storage.ts';
import type { Upload } from './uploads.ts';
import type { World } from './world.ts';

/** POST: begins an upload, mounts a blob of another repository, or takes a whole one. distribution-spec "Pushing blobs". */
export async function beginUpload(world: World, exchange: Exchange, name: string): Promise<Answer> {
  requireBody(world, exchange);
  const parameters = new URLSearchParams(exchange.query);
  const [mount, from, whole] = [parameters.get('mount'), parameters.get('from'), parameters.get('digest')];
  if (mount !== null) {
    const digest = requireDigest(mount);
    const source = from === null ? undefined : world.storage.get(requireName(from));
    const bytes = source?.blobs.get(digest);
    if (bytes !== undefined && world.options.hasMount !== false) {
      repositoryOf(world.storage, name).blobs.set(digest, bytes);
      return created(name, digest);
    }
  }
  const upload = world.uploads.begin(name);
  if (whole !== null && world.options.hasSinglePost !== false) {
    const digest = requireDigest(whole);
    await takeBody(world, exchange, upload);
    return finish(world, upload, digest);
  }
  return progress(world, exchange, upload, 202, world.options.chunkMinBytes);
}

/** PATCH: takes a chunk. distribution-spec "Pushing a blob in chunks". */
export async function patchUpload(world: World, exchange: Exchange, name: string, id: string): Promise<Answer> {
  const upload = findUpload(world, exchange, name, id);
  requireBody(world, exchange);
  requireRange(world, exchange, upload, true);
  const { chunkMinBytes = 0 } = world.options;
  requireLongChunks(world, exchange, upload);
  const before = upload.sizeBytes;
  await takeBody(world, exchange, upload);
  if (upload.sizeBytes - before < chunkMinBytes) upload.hasShortChunk = true;
  return progress(world, exchange, upload, 202);
}

/** PUT: takes what is left, if anything, and ends the upload. */
export async function putUpload(world: World, exchange: Exchange, name: string, id: string): Promise<Answer> {
  const upload = findUpload(world, exchange, name, id);
  const digest = requireDigest(new URLSearchParams(exchange.query).get('digest') ?? '');
  requireBody(world, exchange);
  requireRange(world, exchange, upload, false);
  if (contentLength(exchange) !== 0) requireLongChunks(world, exchange, upload);
  await takeBody(world, exchange, upload);
  return finish(world, upload, digest);
}

/** GET: how far an upload came. */
export function showUpload(world: World, exchange: Exchange, name: string, id: string): Answer {
  return progress(world, exchange, findUpload(world, exchange, name, id), 204);
}

export function cancelUpload(world: World, exchange: Exchange, name: string, id: string): Answer {
  const upload = findUpload(world, exchange, name, id);
  world.uploads.end(upload.id);
  return { ...answer(204), onDelivered: () => world.uploads.tellEnd(upload.id) };
}

function findUpload(world: World, { method, query }: Exchange, name: string, id: string): Upload {
  const { uploads, violate, options } = world;
  const code = options.lostUploadCode ?? 'BLOB_UPLOAD_UNKNOWN';
  const unknown = () => refusal(404, code, 'blob upload unknown to registry', { detail: id });
  const upload = uploads.find(name, id);
  if (upload === undefined) {
    const isEndKnown = uploads.isEndKnown(id);
    if (isEndKnown === true) violate(`${method} to an upload of ${name} that had ended`);
    if (isEndKnown === null) violate(`${method} to an upload of ${name} that never was`);
    throw unknown();
  }
  const sent = query
    .split('&')
    .filter((part) => !part.startsWith('digest='))
    .join('&');
  if (sent === upload.state) return upload;
  // The answer with the new state did not arrive: the client cannot know better, and may ask how far it came.
  const isHeld = upload.heldStates.includes(sent);
  if (isHeld && method === 'GET' && options.keepsCutUploads !== false) return upload;
  if (!isHeld) violate(`${method} to an upload of ${name} by another address than the last Location`);
  throw unknown();
}

/** distribution-spec: the range is that of the blob's bytes, both ends counted in, and follows the one before. */
function requireRange(world: World, exchange: Exchange, upload: Upload, isNeeded: boolean): void {
  const text = exchange.headers['content-range'];
  const length = contentLength(exchange);
  // What docker and skopeo do: one PATCH with everything.
  const isStream = world.options.takesStreams === true && upload.sizeBytes === 0;
  if (text === undefined && (!isNeeded || isStream)) return;
  const found = /^(\d+)-(\d+)$/.exec(text ?? '');
  const [start, end] = [Number(found?.[1]), Number(found?.[2])];
  if (found === null || (length !== null && end - start + 1 !== length)) {
    world.violate(`${exchange.method} with the Content-Range ${text ?? '(none)'} for ${length} bytes`);
    throw refusal(400, 'BLOB_UPLOAD_INVALID', 'blob upload invalid', { detail: 'Content-Range' });
  }
  if (start === upload.sizeBytes) return;
  throw refusal(416, 'BLOB_UPLOAD_INVALID', 'blob upload invalid', { detail: 'chunk out of order' });
}

function requireLongChunks(world: World, { method }: Exchange, upload: Upload): void {
  if (!upload.hasShortChunk) return;
  world.violate(`${method} behind a chunk shorter than OCI-Chunk-Min-Length`);
  throw refusal(400, 'SIZE_INVALID', 'chunk shorter than OCI-Chunk-Min-Length');
}

/** Refuses bodies without a length or with another type than bytes. */
function requireBody(world: World, exchange: Exchange): void {
  const length = contentLength(exchange);
  if (length === null && world.options.takesStreams !== true) {
    world.violate(`${exchange.method} of a blob without Content-Length`);
    throw refusal(411, 'SIZE_INVALID', 'Content-Length is required');
  }
  const type = exchange.headers['content-type'];
  if (length === 0 || type === 'application/octet-stream') return;
  world.violate(`${exchange.method} of a blob with the Content-Type ${type ?? '(none)'}`);
  throw refusal(400, 'BLOB_UPLOAD_INVALID', 'blob upload invalid', { detail: 'Content-Type' });
}

/** What comes in is kept as it comes, so that a lost connection leaves what went through. */
async function takeBody({ uploads, options }: World, exchange: Exchange, upload: Upload): Promise<void> {
  try {
    for await (const chunk of exchange.body()) {
      upload.chunks.push(chunk);
      upload.sizeBytes += chunk.length;
    }
  } catch (error) {
    if (options.keepsCutUploads === false) uploads.end(upload.id);
    throw error;
  }
}

function finish(world: World, upload: Upload, digest: Digest): Answer {
  const bytes = Buffer.concat(upload.chunks);
  const onDelivered = () => world.uploads.tellEnd(upload.id);
  world.uploads.end(upload.id);
  if (world.options.hashesBlobs === false) {
    repositoryOf(world.storage, upload.repository).blobs.set(digest, bytes);
    return answer(201, { location: `/v2/${upload.repository}/blobs/${digest}` });
  }
  if (hashLike(digest, bytes) !== digest) {
    const detail = { digest };
    throw refusal(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', { detail, onDelivered });
  }
  repositoryOf(world.storage, upload.repository).blobs.set(digest, bytes);
  return { ...created(upload.repository, digest), onDelivered };
}

function created(name: string, digest: Digest): Answer {
  return answer(201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest });
}

function progress(
  { uploads, options, origin }: World,
  exchange: Exchange,
  upload: Upload,
  status: number,
  chunkMinBytes?: number,
): Answer {
  uploads.turn(upload);
  const { state } = upload;
  const style = exchange.locationStyle ?? options.location ?? 'absolute';
  const hosts = { own: origin(exchange.listener), other: origin('other') };
  const path = `/v2/${upload.repository}/blobs/uploads/${upload.id}`;
  return {
    ...answer(status, {
      location: writeLocation(style, hosts, exchange.path, path, state),
      // distribution says 0-0 where there is nothing, as for one byte.
      range: `0-${Math.max(0, upload.sizeBytes - 1)}`,
      'docker-upload-uuid': upload.id,
      ...(chunkMinBytes === undefined ? {} : { 'oci-chunk-min-length': String(chunkMinBytes) }),
    }),
    onDelivered: () => uploads.settle(upload, state),
  };
}
