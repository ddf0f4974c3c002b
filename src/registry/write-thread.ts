import { Worker } from 'node:worker_threads';
import { digestParts, type Digest } from '../oci/digest.ts';
import type { WriteAnswer, WriteOrder } from './write-messages.ts';

// All of it together stays in the caches of the processor: what is hashed and written has just come.
const BLOCK_BYTES = 128 * 1024;
const BLOCKS = 16;

/** A blob that another thread hashes and writes. */
export interface ThreadBlob {
  /** Takes a copy of the next bytes. Throws the system's error of any write before. */
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

/** What a thread is spoken to by. */
export interface WritePort {
  send(order: WriteOrder): void;
  onAnswer(listener: (answer: WriteAnswer) => void): void;
  /** Told what has ended the thread. */
  onFault(listener: (error: Error) => void): void;
  close(): Promise<unknown>;
}

/** Starts the thread. */
export function startWriteThread(): WriteThread {
  const worker = new Worker(new URL('./write-worker.js', import.meta.url));
  return speakToWriter({
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows; this is a thread
    send: (order) => worker.postMessage(order),
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
  const memory = openMemory(port);
  const listeners = new Map<number, BlobState>();
  let fault: Error | null = null;
  let lastId = 0;
  port.onAnswer((answer) => {
    if (answer.kind === 'written') memory.giveBack(answer.block);
    listeners.get(answer.id)?.hear(answer);
  });
  port.onFault((error) => {
    fault ??= error;
    memory.fail(error);
    for (const state of listeners.values()) state.fail(error);
  });
  return {
    open({ fd, offset, digest, onWritten }) {
      const id = ++lastId;
      const { algorithm } = digestParts(digest);
      const state = createState(onWritten);
      if (fault !== null) state.fail(fault);
      listeners.set(id, state);
      port.send({ kind: 'open', id, fd, position: offset, algorithm });
      let block: number | null = null;
      let [filledBytes, isOver] = [0, false];
      const send = () => {
        if (block !== null) port.send({ kind: 'bytes', id, block, sizeBytes: filledBytes });
        [block, filledBytes] = [null, 0];
      };
      const end = async (): Promise<string> => {
        send();
        if (!isOver) port.send({ kind: 'finish', id });
        isOver = true;
        return `${algorithm}:${await state.digest()}`;
      };
      return {
        async append(bytes) {
          for (let taken = 0; taken < bytes.length;) {
            state.throwIfFailed();
            block ??= await memory.take();
            const piece = bytes.subarray(taken, taken + BLOCK_BYTES - filledBytes);
            memory.blocks[block]?.set(piece, filledBytes);
            filledBytes += piece.length;
            taken += piece.length;
            if (filledBytes === BLOCK_BYTES) send();
          }
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

/** Blocks that both threads have, each used by one of them at a time. */
function openMemory(port: WritePort) {
  const blocks = Array.from({ length: BLOCKS }, () => new Uint8Array(new SharedArrayBuffer(BLOCK_BYTES)));
  const free = [...blocks.keys()];
  const waiting: { readonly take: (block: number) => void; readonly refuse: (error: Error) => void }[] = [];
  let failure: Error | null = null;
  port.send({ kind: 'memory', blocks });
  return {
    blocks,
    take(): Promise<number> {
      if (failure !== null) return Promise.reject(failure);
      const block = free.pop();
      if (block !== undefined) return Promise.resolve(block);
      return new Promise((take, refuse) => waiting.push({ take, refuse }));
    },
    giveBack(block: number) {
      const next = waiting.shift();
      if (next === undefined) free.push(block);
      else next.take(block);
    },
    fail(error: Error) {
      failure ??= error;
      for (const { refuse } of waiting.splice(0)) refuse(error);
    },
  };
}

interface BlobState {
  hear(answer: WriteAnswer): void;
  fail(error: Error): void;
  throwIfFailed(): void;
  /** Waits for it. Throws what the thread has told of. */
  digest(): Promise<string>;
}

function createState(onWritten: (sizeBytes: number) => void): BlobState {
  let failure: Error | null = null;
  let hex: string | null = null;
  let wake: () => void = () => undefined;
  const throwIfFailed = () => {
    if (failure !== null) throw failure;
  };
  const fail = (error: Error) => {
    failure ??= error;
    wake();
  };
  return {
    fail,
    throwIfFailed,
    hear(answer) {
      if (answer.kind === 'failed') fail(Object.assign(new Error(answer.message), answer.properties));
      else if (answer.kind === 'written') onWritten(answer.sizeBytes);
      else hex = answer.hex;
      wake();
    },
    async digest() {
      for (;;) {
        throwIfFailed();
        if (hex !== null) return hex;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
