import type { IncomingHttpHeaders } from 'node:http';
import type { ListenerName } from './answer.ts';
import type { Fault } from './faults.ts';
import type { AuthOptions } from './options.ts';
import type { Tokens } from './tokens.ts';

/** One request as it came in, and what became of it. */
export interface SeenRequest {
  readonly listener: ListenerName;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Path and query, as they were sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Bytes of the body that came in. */
  readonly bodyBytes: number;
  /** Of the answer; null as long as there is none, and where the connection ended without one. */
  readonly status: number | null;
  /** The registry's error code in the answer. */
  readonly code: string | null;
  readonly fault: Fault['kind'] | null;
}

/** What only the one that serves the request may change. */
export type OpenRequest = { -readonly [Key in keyof SeenRequest]: SeenRequest[Key] } & { bodyHash: string };

const HOSTS: Readonly<Record<ListenerName, string>> = {
  registry: 'the registry',
  other: 'another host',
  storage: 'storage',
  tokens: 'the token server',
};

/** Answers after which the same request again gets the same answer. */
const FINAL = [400, 403, 413];

/** Judges requests against what went before: unchanged repeats, credentials in addresses and on foreign hosts. */
export function createWatch(auth: AuthOptions, tokens: Tokens, violate: (text: string) => void) {
  const refused = new Map<string, number>();
  const own = auth.kind === 'none' ? [] : [auth.password, ...(auth.kind === 'bearer' ? [auth.refreshToken] : [])];
  const secrets = () => [...own.filter((secret) => secret !== undefined), ...tokens.all()];
  return {
    begin: (request: OpenRequest): void => {
      const { method, path, listener, url, headers } = request;
      const [scheme, credentials] = headers.authorization?.split(' ') ?? [];
      const wanted = { registry: auth.kind, tokens: 'basic', other: 'none', storage: 'none' }[listener];
      if (scheme !== undefined && scheme.toLowerCase() !== wanted) {
        violate(`${method} ${path} to ${HOSTS[listener]} with ${scheme} credentials, where ${wanted} are wanted`);
      } else if (wanted === 'bearer' && credentials !== undefined && !tokens.isKnown(credentials)) {
        violate(`${method} ${path} with a token of somebody else`);
      }
      const known = [url, decodeSafely(url)];
      if (secrets().some((secret) => known.some((text) => text.includes(secret)))) {
        violate(`${method} ${path} with a secret in its address`);
      }
    },
    end: (request: OpenRequest): void => {
      const { status, method, path, code } = request;
      if (status === null) return;
      const key = keyOf(request);
      const before = refused.get(key);
      if (before !== undefined) violate(`${method} ${path} was repeated unchanged after ${before}`);
      // What is said to be missing may have been put there meanwhile.
      if (FINAL.includes(status) && code !== 'MANIFEST_BLOB_UNKNOWN') refused.set(key, status);
    },
  };
}

/** What makes two requests the same; a new session for the same bytes makes no difference, where they are known. */
function keyOf({ listener, method, path, url, headers, bodyBytes, bodyHash }: OpenRequest): string {
  const isWhole = Number(headers['content-length'] ?? 0) === bodyBytes;
  const isUpload = path.includes('/blobs/uploads/') && isWhole;
  const digest = new URLSearchParams(url.slice(path.length)).get('digest');
  return JSON.stringify([
    listener,
    method,
    isUpload ? [path.replace(/uploads\/.*$/, ''), digest] : url,
    headers.authorization,
    headers['content-type'],
    headers['content-length'],
    headers['content-range'],
    headers.range,
    bodyHash,
  ]);
}

function decodeSafely(url: string): string {
  return url.replace(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}
