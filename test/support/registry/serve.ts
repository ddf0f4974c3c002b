import { createHash } from 'node:crypto';
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { Refusal, type Answer, type Exchange, type ListenerName } from './answer.ts';
import { deliver, type EndConnection } from './deliver.ts';
import { spoilAnswer, statusAnswer } from './fault-answer.ts';
import type { Fault, FaultPlan } from './faults.ts';
import { ConnectionEnd, requestBody } from './request-body.ts';
import type { OpenRequest } from './watch.ts';

export interface Connections {
  readonly open: number;
  /** The most at once. */
  readonly most: number;
}

export interface Listener {
  /** `127.0.0.1:1234` */
  readonly host: string;
  readonly connections: () => Connections;
  readonly close: () => Promise<void>;
}

/** What one server does with its requests. */
export interface Service {
  readonly answer: (exchange: Exchange) => Promise<Answer>;
  readonly takeFault: FaultPlan;
  /** Faults that change the registry and not the connection. */
  readonly applyFault: (fault: Fault, exchange: Exchange) => void;
  readonly begin: (request: OpenRequest) => void;
  readonly end: (request: OpenRequest) => void;
  /** Refusals are sent before the body was read. */
  readonly answersEarly: boolean;
  readonly onBug: (error: unknown) => void;
}

/** Starts one server of a registry on a free port of 127.0.0.1. */
export async function serve(
  name: ListenerName,
  tls: { readonly key: string; readonly cert: string } | undefined,
  service: Service,
): Promise<Listener> {
  const sockets = new Map<number | undefined, Socket>();
  let most = 0;
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    // Below TLS there is the connection that can be reset. Asked now: a request loses its socket when it ends early.
    const socket = sockets.get(request.socket.remotePort) ?? request.socket;
    const end: EndConnection = (isReset) => {
      if (isReset) socket.resetAndDestroy();
      else socket.destroy();
    };
    handleRequest(name, service, request, response, end).catch((error: unknown) => {
      service.onBug(error);
      end(false);
    });
  };
  const server: Server = tls === undefined ? createHttp(handle) : createHttps({ key: tls.key, cert: tls.cert }, handle);
  server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    sockets.set(remotePort, socket);
    most = Math.max(most, sockets.size);
    socket.on('close', () => sockets.delete(remotePort));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    connections: () => ({ open: sockets.size, most }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets.values()) socket.destroy();
      }),
  };
}

async function handleRequest(
  listener: ListenerName,
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  end: EndConnection,
): Promise<void> {
  const { method = '', url = '', headers } = request;
  const [path = '', query = ''] = splitOnce(url, '?');
  const bodyBytes = Number(headers['content-length'] ?? 0);
  const fault = service.takeFault({ listener, method, url, bodyBytes });
  const seen: OpenRequest = {
    listener,
    method,
    path,
    url,
    headers,
    bodyBytes: 0,
    bodyHash: '',
    status: null,
    code: null,
    fault: fault?.kind ?? null,
  };
  service.begin(seen);
  const hash = createHash('sha256');
  const body = requestBody(request, fault, end, (bytes) => {
    seen.bodyBytes += bytes.length;
    hash.update(bytes);
  });
  const locationStyle = fault?.kind === 'location' ? fault.style : null;
  const exchange: Exchange = { listener, method, path, query, headers, locationStyle, body };
  if (fault?.kind === 'no-answer' && !fault.isDone) return end(fault.isReset === true);
  try {
    const { given, code } = await work(service, exchange, fault);
    seen.bodyHash = hash.digest('hex');
    seen.code = code;
    const isAnswered = fault?.kind !== 'no-answer' && !(fault?.kind === 'stall' && fault.afterBytes === null);
    if (isAnswered) seen.status = given.status;
    service.end(seen);
    const isDelivered = await deliver(response, given, fault, method !== 'HEAD', end);
    if (isDelivered) given.onDelivered?.();
  } catch (error) {
    if (!(error instanceof ConnectionEnd)) throw error;
  }
}

async function work(
  service: Service,
  exchange: Exchange,
  fault: Fault | null,
): Promise<{ readonly given: Answer; readonly code: string | null }> {
  if (fault !== null) service.applyFault(fault, exchange);
  if (fault?.kind === 'status' && fault.isDone !== true) {
    if (!service.answersEarly) await drain(exchange);
    return { given: statusAnswer(fault), code: fault.code ?? null };
  }
  try {
    const given = await service.answer(exchange);
    await drain(exchange);
    return { given: fault === null ? given : spoilAnswer(given, fault), code: null };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (!service.answersEarly) await drain(exchange);
    const given = fault === null ? error.answer : spoilAnswer(error.answer, fault);
    return { given, code: error.code };
  }
}

/** Reads what is left of a body, so that what is recorded is whole. */
async function drain(exchange: Exchange): Promise<void> {
  for await (const _ of exchange.body()) continue;
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
