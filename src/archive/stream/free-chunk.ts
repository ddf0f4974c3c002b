import { MessageChannel, type MessagePort } from 'node:worker_threads';

let nowhere: MessagePort | null = null;

/**
 * Gives the memory of a chunk back at once, if the chunk is the end of its buffer: nobody may touch it any more. zlib makes
 * a new buffer for every mebibyte that it unpacks, and the garbage collector lets sixty of them pile up before it looks.
 */
export function freeChunk(chunk: Uint8Array): void {
  const { buffer, byteOffset, byteLength } = chunk;
  // zlib goes on writing into a buffer that has room.
  if (!(buffer instanceof ArrayBuffer) || byteOffset + byteLength < buffer.byteLength) return;
  nowhere ??= openNowhere();
  nowhere.postMessage(null, [buffer]);
}

/** A port that nobody listens at: what is handed over there is gone. */
function openNowhere(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.close();
  port2.unref();
  return port2;
}
