import type http from 'node:http';
import { BodyLengthError } from './wire-error.ts';
import type { WireTimer } from './wire-timer.ts';

/** A body that is sent with its length; it is opened for each request anew. */
export interface RequestBody {
  readonly sizeBytes: number;
  /** Chunks are valid until the next one is asked for. */
  readonly open: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Told of bytes that the socket took. */
  readonly onSent: (bytes: number) => void;
}

/**
 * Writes a body to a request, chunk by chunk as the socket takes them, and ends it. Stops where the request has ended. Throws
 * what the body throws, and `BodyLengthError`.
 */
export async function sendBody(body: RequestBody, outgoing: http.ClientRequest, timer: WireTimer): Promise<void> {
  let [sentBytes, isOver] = [0, false];
  let wake: () => void = () => undefined;
  for (const event of ['response', 'close'] as const) {
    outgoing.once(event, () => {
      isOver = true;
      wake();
    });
  }
  if (outgoing.socket === null) {
    await new Promise<void>((resolve) => {
      wake = resolve;
      outgoing.once('socket', () => resolve());
    });
  }
  if (isOver) return;
  for await (const chunk of body.open()) {
    if (isOver) return;
    if (sentBytes + chunk.length > body.sizeBytes) throw new BodyLengthError(`more than ${body.sizeBytes} bytes`);
    timer.restart('idle');
    // The callback comes when the kernel has the bytes; then the chunk may be used for others.
    await new Promise<void>((resolve) => {
      wake = resolve;
      outgoing.write(chunk, () => resolve());
    });
    if (isOver) return;
    sentBytes += chunk.length;
    // How long the next chunk takes to come is not the registry's fault.
    timer.stop();
    body.onSent(chunk.length);
  }
  if (sentBytes < body.sizeBytes) throw new BodyLengthError(`${sentBytes} bytes instead of ${body.sizeBytes}`);
  timer.restart('answer', sentBytes);
  outgoing.end();
}
