import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a server does with one request. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** The connection is cut when this many bytes of the body were sent. */
  readonly cutAfterBytes?: number;
  /** The whole body is sent whatever range was asked for. */
  readonly ignoresRange?: boolean;
  /** Nothing more is sent after the first bytes of the body, and the connection stays open. */
  readonly hangsAfterBytes?: number;
}

export interface SeenRequest {
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface FileServer {
  /** Without a slash at the end. */
  readonly url: string;
  /** Every request, in order. */
  readonly requests: readonly SeenRequest[];
}

/**
 * Starts a server on 127.0.0.1 that is gone after the test. `answer` is asked for each request; `count` counts those of the
 * same path, from 0. Ranges are served as RFC 9110 wants it, where the reply does not say otherwise.
 */
export async function startServer(answer: (request: SeenRequest, count: number) => Reply): Promise<FileServer> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const seen = { path: request.url ?? '', headers: request.headers };
    const count = requests.filter(({ path }) => path === seen.path).length;
    requests.push(seen);
    const reply = cutToRange(answer(seen, count), seen);
    const body = Buffer.from(reply.body ?? '');
    response.writeHead(reply.status ?? 200, { 'content-length': body.length, ...reply.headers });
    const stopsAt = reply.cutAfterBytes ?? reply.hangsAfterBytes;
    if (stopsAt === undefined) {
      response.end(body);
      return;
    }
    // Flushed first, so that the client has seen what was sent before the end.
    response.write(body.subarray(0, stopsAt), () => {
      if (reply.cutAfterBytes !== undefined) setTimeout(() => response.destroy(), 20);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests };
}

function cutToRange(reply: Reply, { headers }: SeenRequest): Reply {
  const start = /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1];
  if (start === undefined || reply.ignoresRange === true || (reply.status ?? 200) !== 200) return reply;
  const body = Buffer.from(reply.body ?? '');
  if (Number(start) >= body.length) return { status: 416, headers: { 'content-range': `bytes */${body.length}` } };
  return {
    ...reply,
    status: 206,
    headers: { ...reply.headers, 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` },
    body: body.subarray(Number(start)),
  };
}
