import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { refuse, type Answer } from './answer.ts';
import { route } from './routes.ts';
import type { World } from './world.ts';

/** What goes wrong with a request: before it is done, or when it was done already and only the answer is missing. */
export type FaultKind = 'busy' | 'error-before' | 'error-after' | 'drop-before' | 'drop-after';

export interface Fault {
  /** The first request that it happens to; the next one is 1. */
  readonly at: number;
  readonly kind: FaultKind;
  /** How many requests in a row it happens to; Infinity for all that follow. */
  readonly times: number;
}

export interface SeenRequest {
  readonly method: string;
  /** With the query, below /api/v4. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>> | null;
  /** 0 where the connection was dropped. */
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
}

/** The wire of a GitLab. */
export interface Wire {
  readonly url: string;
  readonly requests: SeenRequest[];
  /** What no GitLab would have understood. */
  readonly strays: Error[];
  fault: Fault | null;
  readonly close: () => void;
}

/** Serves a world on 127.0.0.1. */
export async function serveWorld(world: World): Promise<Wire> {
  let sinceFault = 0;
  let fault: Fault | null = null;
  const [requests, strays]: [SeenRequest[], Error[]] = [[], []];
  const server = createServer((message, response) => {
    void (async () => {
      const path = (message.url ?? '').replace(/^\/api\/v4/, '');
      const method = message.method ?? '';
      const body = await readBody(message);
      sinceFault += 1;
      const kind = fault !== null && sinceFault >= fault.at && sinceFault < fault.at + fault.times ? fault.kind : null;
      let answer: Answer = { status: 503, body: { message: '503 Service Unavailable' } };
      if (kind === 'busy') answer = { status: 429, headers: { 'retry-after': '1' }, body: 'Retry later' };
      if (kind === null || kind.endsWith('-after')) {
        try {
          answer = decide(world, method, path, body, message.headers);
        } catch (error) {
          strays.push(error instanceof Error ? error : new Error(String(error)));
          answer = refuse(400, `stray request: ${String(error)}`);
        }
      }
      if (kind === 'error-after') answer = { status: 502, body: 'Bad Gateway' };
      const isDropped = kind === 'drop-before' || kind === 'drop-after';
      requests.push({ method, path, body, status: isDropped ? 0 : answer.status, headers: message.headers });
      if (isDropped) message.socket.destroy();
      else send(response, answer);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    strays,
    get fault() {
      return fault;
    },
    set fault(next) {
      [fault, sinceFault] = [next, 0];
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function decide(
  world: World,
  method: string,
  path: string,
  body: Readonly<Record<string, unknown>> | null,
  headers: IncomingMessage['headers'],
): Answer {
  const url = new URL(path, 'http://gitlab.example');
  const parts = url.pathname.slice(1).split('/').map(decodeURIComponent);
  const secret = readSecret(headers);
  const token = secret === null ? null : world.tokens.get(secret);
  if (token === undefined) return refuse(401, '401 Unauthorized');
  const isJob = headers['job-token'] !== undefined;
  if (token !== null && isJob !== (token.scope === 'job')) return refuse(401, '401 Unauthorized');
  return route(world, { method, path: parts, query: url.searchParams, body }, token);
}

function readSecret(headers: IncomingMessage['headers']): string | null {
  const own = headers['private-token'] ?? headers['job-token'];
  if (typeof own === 'string') return own;
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? null;
}

async function readBody(message: IncomingMessage): Promise<Readonly<Record<string, unknown>> | null> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  if (chunks.length === 0) return null;
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Readonly<Record<string, unknown>>;
}

function send(response: ServerResponse, { status, headers = {}, body }: Answer): void {
  if (body === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  const isText = typeof body === 'string';
  const text = isText ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers }).end(text);
}
