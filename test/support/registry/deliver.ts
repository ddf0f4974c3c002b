import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import type { Fault } from './faults.ts';

/** How the connection of an answer is ended. */
export type EndConnection = (isReset: boolean) => void;

/**
 * Sends an answer, as a fault has it where there is one. Gives whether all of it went out as it was meant to: only then
 * does the client know what it says.
 */
export async function deliver(
  response: ServerResponse,
  given: Answer,
  fault: Fault | null,
  hasBody: boolean,
  endConnection: EndConnection,
): Promise<boolean> {
  const { status, headers, body } = given;
  // What is written to a connection that the client closed meanwhile.
  response.on('error', () => response.destroy());
  if (response.destroyed) return false;
  if (fault?.kind === 'no-answer') {
    endConnection(fault.isReset === true);
    return false;
  }
  if (fault?.kind === 'stall' && fault.afterBytes === null) return false;
  const hasNoLength = status === 204 || status < 200;
  response.writeHead(status, hasNoLength ? { ...headers } : { ...headers, 'content-length': String(body.length) });
  const sent = hasBody ? body : Buffer.alloc(0);
  if (fault?.kind === 'cut-answer' || fault?.kind === 'stall') {
    response.flushHeaders();
    await write(response, sent.subarray(0, fault.afterBytes ?? 0));
    if (fault.kind === 'cut-answer') endConnection(fault.isReset === true);
    return false;
  }
  if (fault?.kind === 'trickle') {
    for (let at = 0; at < sent.length && !response.destroyed; at += fault.bytes) {
      await write(response, sent.subarray(at, at + fault.bytes));
      await new Promise((resolve) => setTimeout(resolve, fault.everyMs));
    }
    response.end();
  } else {
    response.end(sent);
  }
  if (!response.writableFinished) {
    await new Promise((resolve) => response.once('finish', resolve).once('close', resolve));
  }
  return response.writableFinished;
}

/** Until the bytes were handed to the connection, or it is gone. */
function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.write(bytes, () => resolve());
  });
}
