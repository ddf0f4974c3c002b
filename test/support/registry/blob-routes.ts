import { answer, refusal, type Answer, type Exchange } from './answer.ts';
import { requireDigest } from './names.ts';
import type { World } from './world.ts';

/** GET and HEAD of a blob. distribution-spec "Pulling blobs". */
export function readBlob(world: World, exchange: Exchange, name: string, text: string): Answer {
  const digest = requireDigest(text);
  const bytes = world.storage.get(name)?.blobs.get(digest);
  if (bytes === undefined) throw refusal(404, 'BLOB_UNKNOWN', 'blob unknown to registry', { detail: digest });
  if (world.options.redirectsBlobs === true && exchange.method === 'GET') {
    return answer(307, { location: world.sign(bytes) });
  }
  return serveBytes(bytes, exchange, world.options.hasRanges !== false, { 'docker-content-digest': digest });
}

export function deleteBlob(world: World, name: string, text: string): Answer {
  if (world.storage.get(name)?.blobs.delete(requireDigest(text)) === true) return answer(202);
  throw refusal(404, 'BLOB_UNKNOWN', 'blob unknown to registry', { detail: text });
}

/** Bytes, or the part of them that is asked for. RFC 9110 section 14; several ranges are answered with everything. */
export function serveBytes(
  bytes: Buffer,
  { headers: { range } }: Pick<Exchange, 'headers'>,
  hasRanges: boolean,
  more: Readonly<Record<string, string>> = {},
): Answer {
  const headers = { 'content-type': 'application/octet-stream', ...more };
  if (!hasRanges) return answer(200, headers, bytes);
  const found = /^bytes=(\d*)-(\d*)$/.exec(range ?? '');
  const [first, last] = [found?.[1] ?? '', found?.[2] ?? ''];
  const ranged = { ...headers, 'accept-ranges': 'bytes' };
  if (first === '' && last === '') return answer(200, ranged, bytes);
  const start = first === '' ? Math.max(0, bytes.length - Number(last)) : Number(first);
  const end = first === '' || last === '' ? bytes.length - 1 : Math.min(Number(last), bytes.length - 1);
  if (start >= bytes.length || start > end) {
    throw refusal(416, 'RANGE_INVALID', 'invalid content range', {
      headers: { 'content-range': `bytes */${bytes.length}` },
    });
  }
  const contentRange = `bytes ${start}-${end}/${bytes.length}`;
  return answer(206, { ...ranged, 'content-range': contentRange }, bytes.subarray(start, end + 1));
}
