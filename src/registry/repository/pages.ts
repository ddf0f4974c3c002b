import { DEFAULT_LIMITS } from '../../limits.ts';
import { parseStrictJson, type JsonValue } from '../../oci/strict-json.ts';
import { makeFailure, type Operation } from '../connection/failure.ts';
import { resolveLocation, type Call } from '../connection/host.ts';
import { readBytes } from '../connection/read-bytes.ts';
import { discard } from '../connection/refusal.ts';
import type { Remote } from './remote.ts';

const MAX_PAGES = 1000;
const NEXT = /<([^>]*)>\s*(?:;[^,]*)?;\s*rel="?next"?/i;

/** One page of a list; its whole addresses, for errors. */
export interface Page {
  readonly value: JsonValue;
  readonly place: string;
}

/**
 * Reads a list page by page, as the Link headers lead. Null where the first page is 404. Throws `registry.bad-content` where
 * the list does not end. Specification: distribution-spec, "Listing Tags"; RFC 8288.
 */
export async function readPages(
  remote: Remote,
  first: Pick<Call, 'target' | 'scopes' | 'headers'>,
  operation: Operation,
): Promise<readonly Page[] | null> {
  const pages: Page[] = [];
  for (let target: Call['target'] = first.target; ;) {
    const accept = pages.length === 0 ? [200, 404] : [200];
    const answer = await remote.host.exchange({ ...first, method: 'GET', target, accept }, operation);
    if (answer.status === 404) {
      await discard(answer);
      return null;
    }
    const place = `${answer.url.origin}${answer.url.pathname}`;
    const bytes = await readBytes(answer, DEFAULT_LIMITS.jsonBytes, operation, answer.url.host);
    pages.push({ value: parseStrictJson(bytes, place), place });
    const next = NEXT.exec(answer.header('link') ?? '')?.[1];
    if (next === undefined) return pages;
    if (pages.length === MAX_PAGES) throw makeFailure('registry.bad-content', operation, 'the list has no end', null);
    target = resolveLocation(next, answer.url, operation);
  }
}
