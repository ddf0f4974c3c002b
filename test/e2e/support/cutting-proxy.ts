import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

export interface CuttingProxyOptions {
  /** The port on 127.0.0.1 that it stands before. */
  readonly port: number;
  /** How many bytes a connection carries on the average until it is cut, in both directions together. */
  readonly meanBytes: number;
  /** Gives numbers from 0 to below 1. */
  readonly random: () => number;
}

export interface CuttingProxy {
  /** `127.0.0.1:1234` */
  readonly host: string;
  readonly counts: () => { readonly connections: number; readonly cuts: number };
  readonly close: () => Promise<void>;
}

/**
 * Starts a bad network: a proxy for TCP on a free port of 127.0.0.1 that cuts every connection after a random number of bytes
 * (exponential distribution), half of them by a reset. What came before the cut is passed on.
 */
export async function startCuttingProxy({ port, meanBytes, random }: CuttingProxyOptions): Promise<CuttingProxy> {
  const counts = { connections: 0, cuts: 0 };
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    counts.connections++;
    const upward = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let leftBytes = 1 + Math.floor(-Math.log(1 - random()) * meanBytes);
    const isReset = random() < 0.5;
    const cut = () => {
      counts.cuts++;
      for (const socket of [client, upward]) {
        if (isReset) socket.resetAndDestroy();
        else socket.destroy();
      }
    };
    const carry = (from: Socket, to: Socket) => {
      open.add(from);
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
      // What is lost is what this is for.
      from.on('error', () => undefined);
      from.on('end', () => to.end());
      from.on('data', (bytes) => {
        if (leftBytes === 0) return;
        const passed = bytes.subarray(0, leftBytes);
        leftBytes -= passed.length;
        if (leftBytes === 0) to.write(passed, cut);
        else if (!to.write(passed)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    };
    carry(client, upward);
    carry(upward, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${own}`,
    counts: () => ({ ...counts }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
