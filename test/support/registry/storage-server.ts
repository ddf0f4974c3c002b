import { createHash } from 'node:crypto';
import { answer, type Answer, type Exchange } from './answer.ts';
import { serveBytes } from './blob-routes.ts';

/** Where redirects of blobs lead: another host that lets in whoever has a signed address, and nobody by credentials. */
export interface SignedStorage {
  /** Path and query of an address that is good for some bytes. */
  readonly sign: (bytes: Buffer) => string;
  readonly answer: (exchange: Exchange) => Answer;
}

export function createSignedStorage(hasRanges: boolean, uses = Infinity): SignedStorage {
  const signed = new Map<string, { readonly bytes: Buffer; usesLeft: number }>();
  return {
    sign: (bytes) => {
      const signature = createHash('sha256').update(`signature ${signed.size}`).digest('hex');
      // A slash in the query, and a plus: what signatures have, and what must come back as it is.
      const address = `/bucket/blob?X-Amz-Credential=key/20260101&X-Amz-Signature=secret-signature-${signature}%2B+%7e`;
      signed.set(address, { bytes, usesLeft: uses });
      return address;
    },
    answer: (exchange) => {
      const found = signed.get(`${exchange.path}?${exchange.query}`);
      if (exchange.headers.authorization !== undefined) return s3Error(400, 'InvalidArgument');
      if (found === undefined || found.usesLeft <= 0) return s3Error(403, 'AccessDenied');
      found.usesLeft--;
      return serveBytes(found.bytes, exchange, hasRanges);
    },
  };
}

function s3Error(status: number, code: string): Answer {
  return answer(
    status,
    { 'content-type': 'application/xml' },
    `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`,
  );
}
