import http from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WireError } from '../../../src/registry/connection/wire-error.ts';
import { sendRequest, type WireRequest } from '../../../src/registry/connection/wire.ts';

const TIMEOUTS = { connectMs: 60_000, idleMs: 60_000, answerMs: 60_000, slowestBytesPerSecond: 1, totalMs: 60_000 };

/** Starts a server that hands each connection to `serve`, and gives the address of a blob there. */
async function start(serve: (socket: Socket) => void): Promise<URL> {
  const server = createServer((socket) => serve(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return new URL(`http://127.0.0.1:${port}/blob`);
}

function send(request: Pick<WireRequest, 'url' | 'method' | 'body'>) {
  const way = { agent: new http.Agent(), proxy: null };
  const signal = new AbortController().signal;
  return sendRequest({ headers: {}, ...request }, { way, timeouts: TIMEOUTS, signal });
}

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
const turns = () => new Promise((resolve) => setTimeout(resolve, 20));

test('an answer that is cut while its reader is busy leaves no timer behind', async () => {
  const url = await start((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nstart');
      setTimeout(() => socket.destroy(), 5);
    });
  });
  const before = timers();
  const answer = await send({ method: 'GET', url, body: null });
  const read = async () => {
    for await (const _ of answer.body) await turns();
  };
  await expect(read()).rejects.toThrow(WireError);
  await turns();
  // One of somebody else's may have run out meanwhile.
  expect(timers()).toBeLessThanOrEqual(before);
});

test('a body whose source is slow to end, on a connection that is gone, leaves no timer behind', async () => {
  const url = await start((socket) => {
    socket.once('data', () => setTimeout(() => socket.destroy(), 5));
  });
  const before = timers();
  async function* open() {
    yield Buffer.from('all');
    await turns();
  }
  const body = { sizeBytes: 3, open, onSent: () => undefined };
  await expect(send({ method: 'PUT', url, body })).rejects.toThrow(WireError);
  await turns();
  // One of somebody else's may have run out meanwhile.
  expect(timers()).toBeLessThanOrEqual(before);
});
