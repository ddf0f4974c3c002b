import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { chooseFetch } from '../../src/cli/proxy-fetch.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : '';
}

/** A proxy that tunnels, and writes down what for. */
async function startProxy(): Promise<{ readonly url: string; readonly tunnels: readonly string[] }> {
  const tunnels: string[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, client, head) => {
    tunnels.push(request.url ?? '');
    const [host, port] = (request.url ?? '').split(':');
    const target = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      target.write(head);
      target.pipe(client).pipe(target);
    });
    client.on('close', () => target.destroy());
    target.on('error', () => client.destroy());
  });
  return { url: `http://${await listen(proxy)}`, tunnels };
}

const ECHO = () =>
  createServer((request, response) => {
    response.end(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`);
  });

test('without a proxy it is the fetch of Node', () => {
  expect(chooseFetch({})).toBe(globalThis.fetch);
  expect(chooseFetch({ HTTPS_PROXY: '' })).toBe(globalThis.fetch);
});

test('requests go through the proxy that the environment names, with their headers and body', async () => {
  const [target, proxy] = [await listen(ECHO()), await startProxy()];
  const fetch = chooseFetch({ http_proxy: proxy.url });
  const answer = await fetch(`http://${target}/file`, { headers: { authorization: 'Bearer x' } });
  expect(await answer.text()).toBe('GET /file Bearer x');
  expect(await (await fetch(new URL(`http://${target}/api`), { method: 'POST', body: '{}' })).text()).toBe(
    'POST /api -',
  );
  expect(new Set(proxy.tunnels)).toEqual(new Set([target]));
});

test('hosts of NO_PROXY are asked directly', async () => {
  const [target, proxy] = [await listen(ECHO()), await startProxy()];
  const fetch = chooseFetch({ HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' });
  expect(await (await fetch(`http://${target}/x`)).text()).toBe('GET /x -');
  expect(proxy.tunnels).toEqual([]);
});

test('an abort ends a request on its way through the proxy', async () => {
  const silent = await listen(createServer(() => undefined));
  const proxy = await startProxy();
  const fetch = chooseFetch({ http_proxy: proxy.url });
  const controller = new AbortController();
  const request = fetch(`http://${silent}/`, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(request).rejects.toThrow('enough');
});
