import { asAdvanced, TransientError } from '../../http/retry.ts';
import { judgeRefusal, makeFailure, makePassing, type Operation } from '../connection/failure.ts';
import { resolveLocation, type HostAnswer } from '../connection/host.ts';
import { discard, readRefusal } from '../connection/refusal.ts';
import { operate, pathOf, pushScope, type Remote } from '../repository/remote.ts';
import type { BlobContent } from '../repository/repository.ts';
import { sendPiece } from './upload-piece.ts';
import { makeBody, reportAt, type Upload } from './upload-state.ts';

const KIB = 1024;
/** Below this a limit of bodies is no limit but a fault. */
const SMALLEST_LIMIT_BYTES = 64 * KIB;
const SMALLEST_PIECE_BYTES = 2 * KIB;
/** What is not longer than this is sent anew as a whole: asking how far it came costs as much. */
const SMALL_BYTES = 16 * KIB;
/** How much of what the way can carry at a time is asked of it. */
const CAUTION = 8;
/** Pieces that got through are followed by longer ones. */
const GROWTH = 2;
/** So that about one connection in five is lost where a piece takes several along: six at once hardly ever are. */
const CAREFUL_GROWTH = 1.2;

export interface SendOptions {
  readonly isThere: (operation: Operation) => Promise<boolean>;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Sends a blob that is not there: in one request, and where the way or a limit does not let that through, in pieces. `begun`
 * is an upload that the registry has opened already. Throws what `operate` throws.
 * Specification: distribution-spec, "Pushing a blob in chunks".
 */
export async function sendBlob(
  remote: Remote,
  content: BlobContent,
  begun: URL | null,
  { isThere, onBytes }: SendOptions,
): Promise<void> {
  const upload: Upload = {
    content,
    location: begun,
    offset: 0,
    pieceBytes: choosePiece(remote, content.sizeBytes),
    smallestBytes: 0,
    isUnsure: false,
    wasCut: false,
    mayBeDone: false,
    isPieced: false,
    reported: 0,
    onBytes,
  };
  let best = 0;
  await operate(remote, `sending the blob ${content.digest}`, content.sizeBytes, async (operation) => {
    try {
      if (upload.mayBeDone && (await isThere(operation))) return await content.verify();
      upload.mayBeDone = false;
      await goOn(remote, upload, operation);
    } catch (error) {
      upload.wasCut = error instanceof TransientError && error.isCut;
      if (!(error instanceof TransientError) || upload.offset <= best) throw error;
      best = upload.offset;
      throw asAdvanced(error);
    }
  });
  reportAt(upload, content.sizeBytes);
}

async function goOn(remote: Remote, upload: Upload, operation: Operation): Promise<void> {
  const { sizeBytes } = upload.content;
  for (let isDone = false; !isDone;) {
    if (upload.isUnsure && upload.location !== null) await findOffset(remote, upload, upload.location, operation);
    upload.isUnsure = false;
    const location = (upload.location ??= await begin(remote, upload, operation));
    const isWhole = upload.offset === 0 && longestPiece(remote, upload) >= sizeBytes;
    if (isWhole || upload.offset === sizeBytes) isDone = await finish(remote, upload, location, operation);
    else await putOn(remote, upload, location, operation);
  }
}

async function begin(remote: Remote, upload: Upload, operation: Operation): Promise<URL> {
  const target = pathOf(remote, 'blobs/uploads/');
  const call = { method: 'POST', target, scopes: [pushScope(remote.name)], accept: [202] } as const;
  const answer = await remote.host.exchange(call, operation);
  await discard(answer);
  upload.offset = 0;
  upload.isPieced = false;
  upload.smallestBytes = Number(/^\d+$/.exec(answer.header('oci-chunk-min-length') ?? '')?.[0] ?? 0);
  return resolveLocation(answer.header('location'), answer.url, operation);
}

/** Asks how far a cut upload came. Distribution throws it away for the question where half a piece had come. */
async function findOffset(remote: Remote, upload: Upload, location: URL, operation: Operation): Promise<void> {
  const { sizeBytes } = upload.content;
  const before = upload.offset;
  if (sizeBytes <= SMALL_BYTES && before === 0) return forget(upload);
  const call = {
    method: 'GET',
    target: location,
    scopes: [pushScope(remote.name)],
    accept: [200, 202, 204, 400, 404, 416],
  } as const;
  const answer = await remote.host.exchange(call, operation);
  await discard(answer);
  const end = readRangeEnd(answer);
  if (answer.status >= 400 || end === null || end > sizeBytes) {
    remote.habits.addLostUpload();
    forget(upload);
    upload.pieceBytes = choosePiece(remote, sizeBytes);
    return;
  }
  upload.location = nextLocation(answer, location, operation);
  upload.offset = end;
  upload.isPieced = true;
  // Something on the way keeps bodies back until they are whole.
  if (upload.wasCut && end <= before) upload.pieceBytes = halve(upload, Math.min(upload.pieceBytes, sizeBytes - end));
}

function forget(upload: Upload): void {
  upload.location = null;
  upload.offset = 0;
}

/** Pieces where the way is known to be cut before the blob is through, and the registry loses what was cut. */
function choosePiece({ habits }: Remote, sizeBytes: number): number {
  const typical = habits.typicalBytes();
  if (!habits.usesSpares() || sizeBytes <= Math.max(SMALL_BYTES, typical) / CAUTION) return Infinity;
  return Math.max(SMALLEST_PIECE_BYTES, Math.floor(typical / CAUTION));
}

function halve(upload: Upload, bytes: number): number {
  return Math.max(SMALLEST_PIECE_BYTES, upload.smallestBytes, Math.floor(bytes / 2));
}

function longestPiece({ habits }: Remote, { pieceBytes }: Upload): number {
  return Math.min(pieceBytes, habits.limitBytes());
}

/** Sends one piece. */
async function putOn(remote: Remote, upload: Upload, location: URL, operation: Operation): Promise<void> {
  const { content, offset } = upload;
  const atMost = Math.max(Math.floor(longestPiece(remote, upload)), upload.smallestBytes);
  const lengthBytes = Math.min(atMost, content.sizeBytes - offset);
  reportAt(upload, offset);
  upload.isUnsure = true;
  const { answer, hasLost } = await sendPiece(remote, upload, location, lengthBytes, operation);
  upload.isUnsure = false;
  if (hasLost) upload.pieceBytes = halve(upload, lengthBytes);
  switch (answer.status) {
    case 413:
      return shrink(remote, upload, lengthBytes, answer, operation);
    case 400:
    case 404:
    case 416:
      throw await judgeLost(remote, upload, answer, operation);
  }
  await discard(answer);
  upload.location = nextLocation(answer, location, operation);
  const end = readRangeEnd(answer) ?? 0;
  upload.offset = end > offset && end < offset + lengthBytes ? end : offset + lengthBytes;
  upload.isPieced = true;
  if (!hasLost) upload.pieceBytes *= remote.habits.usesSpares() ? CAREFUL_GROWTH : GROWTH;
}

/** Sends a blob whole, or nothing where all of it is there, and has the registry take it. False where it was too long. */
async function finish(remote: Remote, upload: Upload, location: URL, operation: Operation): Promise<boolean> {
  const { content, offset } = upload;
  const { digest, sizeBytes } = content;
  reportAt(upload, offset);
  const target = new URL(location);
  // Its query stays byte for byte, which `searchParams` would not promise.
  target.search = `${location.search === '' ? '?' : `${location.search}&`}digest=${encodeURIComponent(digest)}`;
  const isWhole = offset === 0 && sizeBytes > 0;
  const body = isWhole ? makeBody(upload, sizeBytes) : null;
  upload.isUnsure = true;
  let answer: HostAnswer;
  try {
    answer = await remote.host.exchange(
      {
        method: 'PUT',
        target,
        scopes: [pushScope(remote.name)],
        headers: { 'content-type': 'application/octet-stream' },
        ...(body === null ? {} : { body }),
        accept: [200, 201, 202, 204, 400, 404, 413, 416],
      },
      operation,
    );
  } catch (error) {
    const sentBytes = body?.sentBytes() ?? 0;
    if (error instanceof TransientError && error.isCut) remote.habits.addCut(sentBytes);
    upload.mayBeDone = sentBytes === (body?.sizeBytes ?? 0);
    throw error;
  }
  upload.isUnsure = false;
  if (answer.status === 413 && isWhole) {
    await shrink(remote, upload, sizeBytes, answer, operation);
    return false;
  }
  if (answer.status >= 400) throw await judgeLost(remote, upload, answer, operation);
  await discard(answer);
  // Whoever says the digest has hashed what came. Specification: distribution, "Completed Upload".
  if (answer.header('docker-content-digest') !== digest) await content.verify();
  return true;
}

/** A limit of bodies was met: the next ones are half as long. */
async function shrink(
  remote: Remote,
  upload: Upload,
  lengthBytes: number,
  answer: HostAnswer,
  operation: Operation,
): Promise<void> {
  const refusal = await readRefusal(answer, []);
  if (lengthBytes <= Math.max(SMALLEST_LIMIT_BYTES, upload.smallestBytes)) {
    throw judgeRefusal(refusal, operation, remote.registry, null);
  }
  remote.habits.addLimit(halve(upload, lengthBytes));
  // What came of the refused request is not known; an upload that nothing was put into is the same as a new one.
  if (upload.offset === 0) forget(upload);
  else upload.isUnsure = true;
}

/** What a refused piece or end of an upload means: mostly that the upload is gone. */
async function judgeLost(remote: Remote, upload: Upload, answer: HostAnswer, operation: Operation): Promise<Error> {
  const refusal = await readRefusal(answer, []);
  const isOdd = upload.isPieced || answer.status !== 400;
  const isWrong = refusal.code === 'DIGEST_INVALID' || refusal.code === 'SIZE_INVALID';
  // What is wrong may be wrong here already; to send it again would not help.
  if (isWrong) await upload.content.verify();
  const isGone = /^BLOB_UPLOAD_(?:UNKNOWN|INVALID)$/.test(refusal.code) || answer.status === 416;
  if (isGone || (isWrong && isOdd) || (refusal.code === '' && answer.status === 404)) {
    if (isGone && upload.isPieced && !upload.wasCut && remote.habits.usesSpares()) remote.habits.addHarmfulSpares();
    forget(upload);
    upload.pieceBytes = choosePiece(remote, upload.content.sizeBytes);
    return makePassing(operation, `the registry lost the upload (${refusal.text})`);
  }
  if (isWrong) {
    const hint = 'the archive changed while it was read, or is not what it says; `forkwright verify` tells';
    return makeFailure('registry.bad-content', operation, `the registry answered ${refusal.text}`, hint);
  }
  return judgeRefusal(refusal, operation, remote.registry, null);
}

/** Where the next request goes; where the registry does not say, to the same place. */
function nextLocation(answer: HostAnswer, location: URL, operation: Operation): URL {
  const text = answer.header('location');
  return text === null ? location : resolveLocation(text, answer.url, operation);
}

/** How many bytes an upload has: `0-99` is 100, but `0-0` is how distribution says none; null where it is not said. */
function readRangeEnd(answer: HostAnswer): number | null {
  const [, end] = /^(?:bytes=)?0-(\d+)$/.exec(answer.header('range') ?? '') ?? [];
  if (end === undefined) return null;
  return end === '0' ? 0 : Number(end) + 1;
}
