import type { IncomingMessage } from 'node:http';
import type { EndConnection } from './deliver.ts';
import type { Fault } from './faults.ts';

/** The connection of a request ended while its body was read. */
export class ConnectionEnd extends Error {}

/**
 * The body of a request as it comes in, until a fault ends it: once, nothing the second time. Throws ConnectionEnd where
 * the rest does not come.
 */
export function requestBody(
  request: IncomingMessage,
  fault: Fault | null,
  endConnection: EndConnection,
  onBytes: (bytes: Buffer) => void,
): () => AsyncGenerator<Buffer> {
  const { socket } = request;
  const isEnded = fault?.kind === 'cut-request' || fault?.kind === 'stall-request';
  let left = isEnded ? fault.afterBytes : Infinity;
  let isRead = false;
  return async function* read() {
    if (isRead) return;
    isRead = true;
    try {
      for await (const chunk of request) {
        const part = Buffer.from(chunk).subarray(0, left);
        onBytes(part);
        left -= part.length;
        if (part.length > 0) yield part;
        if (left > 0) continue;
        // Within the loop: leaving it would take the rest of the request away, and the connection with it.
        if (fault?.kind === 'cut-request') endConnection(fault.isReset === true);
        await new Promise((resolve) => (socket.destroyed ? resolve(null) : socket.once('close', resolve)));
        throw new ConnectionEnd(`ended by the fault ${fault?.kind}`);
      }
    } catch (cause) {
      throw cause instanceof ConnectionEnd ? cause : new ConnectionEnd('the client went away', { cause });
    }
  };
}
