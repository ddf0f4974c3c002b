import { Worker } from 'node:worker_threads';
import { digestParts, type Digest } from '../oci/digest.ts';
import type { WriteAnswer, WriteOrder } from './write-messages.ts';

/** How far a blob may run ahead of the disk. */
const AHEAD_BYTES = 8 * 1024 * 1024;

/** A blob that another thread hashes and writes. */
export interface ThreadBlob {
  /** Takes the next bytes, which are the thread's from now on. Throws the system's error of any write before. */
  append(bytes: Uint8Array): Promise<void>;
  /** Waits until all is written, and gives the digest of it all. Throws the system's error. */
  finish(): Promise<string>;
  /** Waits until nothing is written any more. */
  stop(): Promise<void>;
}

export interface ThreadBlobOptions {
  /** Open as long as the blob is not finished or stopped. */
  readonly fd: number;
  /** Of the blob's first byte in the file. */
  readonly offset: number;
  readonly digest: Digest;
  /** Told how many bytes of the blob are in the file. */
  readonly onWritten: (sizeBytes: number) => void;
}

/** A thread that hashes and writes blobs, so that the network is not kept waiting meanwhile. */
export interface WriteThread {
  open(options: ThreadBlobOptions): ThreadBlob;
  close(): Promise<void>;
}

/** What a thread is spoken to by: its own port, or one of this thread. */
export interface WritePort {
  postMessage(order: WriteOrder, transfer: readonly ArrayBuffer[]): void;
  onAnswer(listener: (answer: WriteAnswer) => void): void;
  /** Told what has ended the thread. */
  onFault(listener: (error: Error) => void): void;
  close(): Promise<unknown>;
}

/** Starts the thread. */
export function startWriteThread(): WriteThread {
  const worker = new Worker(new URL('./write-worker.js', import.meta.url));
  return speakToWriter({
    postMessage: (order, transfer) => worker.postMessage(order, transfer),
    onAnswer: (listener) => worker.on('message', listener),
    onFault: (listener) => {
      worker.on('error', listener);
      worker.on('exit', () => listener(new Error('the thread that writes has ended')));
    },
    close: () => worker.terminate(),
  });
}

/** Speaks to a thread that takes write orders. */
export function speakToWriter(port: WritePort): WriteThread {
  const listeners = new Map<number, Listener>();
  let fault: Error | null = null;
  let lastId = 0;
  port.onAnswer((answer) => listeners.get(answer.id)?.hear(answer));
  port.onFault((error) => {
    fault = error;
    for (const { fail } of listeners.values()) fail(error);
  });
  return {
    open({ fd, offset, digest, onWritten }) {
      const id = ++lastId;
      const { algorithm } = digestParts(digest);
      const state = createState(onWritten);
      if (fault !== null) state.fail(fault);
      listeners.set(id, state);
      port.postMessage({ kind: 'open', id, fd, position: offset, algorithm }, []);
      let [sentBytes, isOver] = [0, false];
      const end = async (): Promise<string> => {
        if (!isOver) port.postMessage({ kind: 'finish', id }, []);
        isOver = true;
        const hex = await state.until(() => state.hex);
        listeners.delete(id);
        return `${algorithm}:${hex}`;
      };
      return {
        async append(bytes) {
          const own = ownBuffer(bytes);
          sentBytes += own.length;
          port.postMessage({ kind: 'bytes', id, bytes: own }, [own.buffer]);
          await state.until(() => (sentBytes - state.writtenBytes <= AHEAD_BYTES ? true : null));
        },
        finish: end,
        async stop() {
          // What went wrong was told before.
          await end().catch(() => undefined);
        },
      };
    },
    async close() {
      await port.close();
    },
  };
}

interface Listener {
  readonly hear: (answer: WriteAnswer) => void;
  readonly fail: (error: Error) => void;
}

/** What is known of a blob, and a way to wait for more. */
function createState(onWritten: (sizeBytes: number) => void) {
  let failure: Error | null = null;
  let wake: () => void = () => undefined;
  const state = { writtenBytes: 0, hex: null as string | null };
  return {
    get writtenBytes() {
      return state.writtenBytes;
    },
    get hex() {
      return state.hex;
    },
    hear(answer: WriteAnswer) {
      if (answer.kind === 'failed') failure ??= Object.assign(new Error(answer.message), answer.properties);
      else if (answer.kind === 'finished') state.hex = answer.hex;
      else {
        state.writtenBytes = answer.sizeBytes;
        onWritten(answer.sizeBytes);
      }
      wake();
    },
    fail(error: Error) {
      failure ??= error;
      wake();
    },
    async until<Value>(look: () => Value | null): Promise<Value> {
      for (;;) {
        if (failure !== null) throw failure;
        const value = look();
        if (value !== null) return value;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

/** A buffer that goes away from here must not have anything else in it. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  const isEnd = buffer instanceof ArrayBuffer && byteOffset + byteLength === buffer.byteLength;
  return isEnd ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(bytes);
}
