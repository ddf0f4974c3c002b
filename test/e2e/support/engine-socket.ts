import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { dockerEndpoint } from './docker.ts';
import { FOLDER } from './settings.ts';

/** A socket in front of the engine's own, by which an engine can be late, and die. */
export interface EngineSocket {
  /** As DOCKER_HOST takes it. */
  readonly host: string;
  readonly open: () => Promise<void>;
  /** Drops all connections, and takes no new ones. */
  readonly cut: () => Promise<void>;
}

export async function makeEngineSocket(name: string): Promise<EngineSocket> {
  const path = join(FOLDER, `${name}.sock`);
  const engine = (await dockerEndpoint()).replace(/^unix:\/\//, '');
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upward = connect({ path: engine, allowHalfOpen: true });
    for (const [one, other] of [
      [client, upward],
      [upward, client],
    ] as const) {
      sockets.add(one);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      // What is lost is what these tests are about.
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
  });
  return {
    host: `unix://${path}`,
    open: () => new Promise((resolve) => server.listen(path, resolve)),
    cut: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
