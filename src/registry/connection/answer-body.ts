import type http from 'node:http';
import { WireError } from './wire-error.ts';
import type { WireTimer } from './wire-timer.ts';

/** Gives a body to whoever asks for the next piece. Throws WireError. */
export async function* readBody(incoming: http.IncomingMessage, timer: WireTimer): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = incoming[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await nextOf(chunks);
      // How long the reader takes is not the registry's fault.
      timer.stop();
      if (next.done === true) return;
      yield next.value;
      timer.restart('idle');
    }
  } finally {
    await chunks.return?.();
  }
}

/** Gives a body as it comes. Throws WireError, and what `take` throws. */
export function takeBody(
  incoming: http.IncomingMessage,
  timer: WireTimer,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    timer.restart('idle');
    incoming.once('end', resolve);
    // It stays: an error may come after another.
    incoming.on('error', (error) => reject(new WireError(error)));
    incoming.once('close', () => reject(new WireError(new Error('the connection was closed'))));
    incoming.on('data', (chunk: Uint8Array) => {
      try {
        take(chunk);
        // How long that took is not the registry's fault.
        timer.refresh();
      } catch (error) {
        incoming.destroy();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}

async function nextOf(chunks: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
  try {
    return await chunks.next();
  } catch (error) {
    throw new WireError(error);
  }
}
